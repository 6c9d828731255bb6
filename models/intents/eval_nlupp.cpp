// nlupp: several intents at once, on the set's own folds of each domain: trained on all but one, judged on that one.
// Prints `micro_f1` a domain and over both.
#include <algorithm>
#include <fstream>
#include <sstream>

#include <boost/json.hpp>

#include "intent_eval.h"

using namespace sotto;

namespace {

struct Counts {
  double hits = 0, wrong = 0, missed = 0;
};

std::vector<text::Example> fold_of(std::filesystem::path const& file, eval::Encoder& encode) {
  std::ifstream in(file);
  std::stringstream all;
  all << in.rdbuf();
  std::vector<text::Example> out;
  for (auto const& entry : boost::json::parse(all.str()).as_array()) {
    auto const& row = entry.as_object();
    text::Example example{.text = std::string(row.at("text").as_string()), .intents = {}, .vector = {}};
    if (auto const* intents = row.if_contains("intents")) {
      for (auto const& intent : intents->as_array()) example.intents.emplace_back(intent.as_string());
    }
    example.vector = encode(example.text);
    out.push_back(std::move(example));
  }
  return out;
}

// Training leaves out what it has only one example of.
void drop_rare(std::vector<text::Example>& examples) {
  std::map<std::string, int> count;
  for (auto const& example : examples) {
    for (auto const& intent : example.intents) ++count[intent];
  }
  for (auto& example : examples) std::erase_if(example.intents, [&](auto const& intent) { return count[intent] < 2; });
}

void judge_fold(std::vector<text::Example> training, std::vector<text::Example> const& held_out, Counts& counts) {
  drop_rare(training);
  auto const model = eval::trained(training, 4);
  for (auto const& row : held_out) {
    auto const judged = model.judge(row.text, row.vector);
    double said = 0, right = 0;
    for (auto const& intent : judged.intents) {
      if (intent.probability < 0.5) continue;
      ++said;
      right += std::ranges::find(row.intents, intent.name) != row.intents.end();
    }
    counts.hits += right;
    counts.wrong += said - right;
    counts.missed += static_cast<double>(row.intents.size()) - right;
  }
}

void print(Counts const& counts, std::string const& domain) {
  auto const f1 = 2 * counts.hits / (2 * counts.hits + counts.wrong + counts.missed);
  eval::print_value("nlupp", "micro_f1", f1, "F1", static_cast<std::size_t>(counts.hits + counts.missed), 0.80, 0.88,
                    fmt::format(R"(,"domain":"{}")", domain));
}

}  // namespace

int main() {
  eval::Encoder encode;
  Counts both;
  for (std::string const domain : {"banking", "hotels"}) {
    std::vector<std::vector<text::Example>> folds;
    for (int i = 0; std::filesystem::exists(eval::data() / "nlupp" / domain / fmt::format("fold{}.json", i)); ++i)
      folds.push_back(fold_of(eval::data() / "nlupp" / domain / fmt::format("fold{}.json", i), encode));
    Counts counts;
    for (std::size_t held_out = 0; held_out < folds.size(); ++held_out) {
      std::vector<text::Example> training;
      for (std::size_t i = 0; i < folds.size(); ++i) {
        if (i != held_out) training.insert(training.end(), folds[i].begin(), folds[i].end());
      }
      judge_fold(std::move(training), folds[held_out], counts);
    }
    print(counts, domain);
    both.hits += counts.hits, both.wrong += counts.wrong, both.missed += counts.missed;
  }
  print(both, "both");
}
