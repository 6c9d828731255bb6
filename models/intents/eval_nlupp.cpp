// nlupp: several intents at once, on the set's own folds of each domain: trained on all but one, judged on that one.
// Prints `micro_f1` a domain and over both.
#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>

#include <boost/json.hpp>

#include "intent_eval.h"

using namespace sotto;

namespace {

struct Counts {
  double hits = 0, wrong = 0, missed = 0;
};
using Rows = std::vector<Counts>;  // one a text

std::vector<language::Example> fold_of(std::filesystem::path const& file, eval::Encoder& encode) {
  std::ifstream in(file);
  std::stringstream all;
  all << in.rdbuf();
  std::vector<language::Example> out;
  for (auto const& entry : boost::json::parse(all.str()).as_array()) {
    auto const& row = entry.as_object();
    language::Example example{.text = std::string(row.at("text").as_string()), .intents = {}, .vector = {}};
    if (auto const* intents = row.if_contains("intents")) {
      for (auto const& intent : intents->as_array()) example.intents.emplace_back(intent.as_string());
    }
    example.vector = encode(example.text);
    out.push_back(std::move(example));
  }
  return out;
}

// Training leaves out what it has only one example of.
void drop_rare(std::vector<language::Example>& examples) {
  std::map<std::string, int> count;
  for (auto const& example : examples) {
    for (auto const& intent : example.intents) ++count[intent];
  }
  for (auto& example : examples) std::erase_if(example.intents, [&](auto const& intent) { return count[intent] < 2; });
}

void judge_fold(std::vector<language::Example> training, std::vector<language::Example> const& held_out, Rows& rows) {
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
    rows.push_back({right, said - right, static_cast<double>(row.intents.size()) - right});
  }
}

void print(Rows const& rows, std::string const& domain) {
  auto const f1 = [&](std::vector<std::size_t> const& sample) {
    Counts all;
    for (auto const i : sample) all.hits += rows[i].hits, all.wrong += rows[i].wrong, all.missed += rows[i].missed;
    return 2 * all.hits / (2 * all.hits + all.wrong + all.missed);
  };
  std::vector<std::size_t> each(rows.size());
  std::iota(each.begin(), each.end(), 0);
  eval::print_value("nlupp", "micro_f1", f1(each), "F1", rows.size(), 0.80, 0.88,
                    fmt::format(R"(,"domain":"{}"{})", domain, eval::bootstrapped(rows.size(), f1)));
}

}  // namespace

int main() {
  eval::Encoder encode;
  Rows both;
  for (std::string const domain : {"banking", "hotels"}) {
    std::vector<std::vector<language::Example>> folds;
    for (int i = 0; std::filesystem::exists(eval::data() / "nlupp" / domain / fmt::format("fold{}.json", i)); ++i)
      folds.push_back(fold_of(eval::data() / "nlupp" / domain / fmt::format("fold{}.json", i), encode));
    Rows counts;
    for (std::size_t held_out = 0; held_out < folds.size(); ++held_out) {
      std::vector<language::Example> training;
      for (std::size_t i = 0; i < folds.size(); ++i) {
        if (i != held_out) training.insert(training.end(), folds[i].begin(), folds[i].end());
      }
      judge_fold(std::move(training), folds[held_out], counts);
    }
    print(counts, domain);
    both.insert(both.end(), counts.begin(), counts.end());
  }
  print(both, "both");
}
