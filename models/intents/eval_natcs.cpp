// natcs: what callers of an insurance and of a bank want, as people say it. Prints `accuracy` for each set: with ten
// examples an intent, drawn five times, judged on all others (`shots` 10), and over five folds (`shots` "full").
#include <fstream>
#include <map>
#include <random>

#include "base/json.h"
#include "intent_eval.h"

using namespace sotto;

namespace {

struct Set {
  std::string name, file, label;
  double floor10, aim10, floor_full, aim_full;
};

void shuffle(std::vector<language::Example>& examples, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (std::size_t i = examples.size(); i > 1; --i) std::swap(examples[i - 1], examples[random() % i]);
}

// Only intents with enough examples for both sides.
std::vector<language::Example> rows(Set const& set, eval::Encoder& encode) {
  std::vector<language::Example> out;
  std::map<std::string, int> count;
  std::ifstream in(eval::data() / "natcs_dstc11" / set.file);
  for (std::string line; std::getline(in, line);) {
    auto const row = parse_object(line).value();
    language::Example example{
        .text = get_string(row, "utterance"), .intents = {get_string(row, set.label)}, .vector = {}};
    example.vector = encode(example.text);
    ++count[example.intents.front()];
    out.push_back(std::move(example));
  }
  std::erase_if(out, [&](auto const& example) { return count[example.intents.front()] < 13; });
  return out;
}

double hits(std::vector<language::Example> const& training, std::vector<language::Example> const& others,
            std::size_t folds) {
  auto const model = eval::trained(training, folds);
  double right = 0;
  for (auto const& row : others)
    right += eval::judge(model, row.text, row.vector).intents.front().name == row.intents.front();
  return right;
}

void run(Set const& set, eval::Encoder& encode) {
  auto examples = rows(set, encode);
  // The draws judge much the same texts: the interval is that of one.
  constexpr std::uint32_t kDraws = 5;
  double right = 0, judged = 0;
  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    shuffle(examples, draw);
    std::map<std::string, int> taken;
    std::vector<language::Example> training, others;
    for (auto const& example : examples) (taken[example.intents.front()]++ < 10 ? training : others).push_back(example);
    right += hits(training, others, 5);
    judged += static_cast<double>(others.size());
  }
  eval::print_share("natcs", "accuracy", right / kDraws, judged / kDraws, set.floor10, set.aim10,
                    fmt::format(R"(,"set":"{}","shots":10)", set.name));
  right = 0;
  for (std::size_t fold = 0; fold < 5; ++fold) {
    std::vector<language::Example> training, others;
    for (std::size_t i = 0; i < examples.size(); ++i) (i % 5 == fold ? others : training).push_back(examples[i]);
    right += hits(training, others, 5);
  }
  eval::print_share("natcs", "accuracy", right, static_cast<double>(examples.size()), set.floor_full, set.aim_full,
                    fmt::format(R"(,"set":"{}","shots":"full")", set.name));
}

}  // namespace

int main() {
  eval::Encoder encode;
  run({"finance-call", "finance_call_utterances_reference_labels.jsonl", "reference_label", 0.78, 0.83, 0.86, 0.89},
      encode);
  run({"finance", "finance_test-utterances.jsonl", "intent", 0.965, 0.975, 0.977, 0.985}, encode);
  run({"insurance", "insurance_dev_test-utterances.jsonl", "intent", 0.977, 0.985, 0.979, 0.985}, encode);
}
