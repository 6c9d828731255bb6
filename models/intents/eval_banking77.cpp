// banking77: 77 intents of a bank's customers, five folds: `accuracy`.
#include <fstream>
#include <random>

#include "intent_eval.h"

using namespace sotto;

namespace {

// A line of the set: a text, quoted where it holds commas, and its intent.
language::Example example_of(std::string const& line) {
  auto const comma = line.rfind(',');
  auto quoted = line.substr(0, comma);
  if (quoted.size() > 1 && quoted.front() == '"') quoted = quoted.substr(1, quoted.size() - 2);
  std::string plain;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    if (quoted.compare(i, 2, "\"\"") == 0) ++i;
    plain += quoted[i];
  }
  return {.text = plain, .intents = {line.substr(comma + 1)}, .vector = {}};
}

// The file's rows; a quoted text may hold line breaks.
std::vector<language::Example> rows(std::filesystem::path const& file) {
  std::vector<language::Example> out;
  std::ifstream in(file);
  std::string line, row;
  std::getline(in, line);  // the header
  while (std::getline(in, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    row += (row.empty() ? "" : " ") + line;
    if (std::ranges::count(row, '"') % 2 == 1) continue;
    out.push_back(example_of(row));
    row.clear();
  }
  return out;
}

}  // namespace

int main() {
  eval::Encoder encode;
  auto examples = rows(eval::data() / "banking77/train.csv");
  for (auto& example : examples) example.vector = encode(example.text);
  std::mt19937 random(77);
  for (std::size_t i = examples.size(); i > 1; --i) std::swap(examples[i - 1], examples[random() % i]);
  constexpr std::size_t kFolds = 5;
  double right = 0;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<language::Example> training, held_out;
    for (std::size_t i = 0; i < examples.size(); ++i) (i % kFolds == fold ? held_out : training).push_back(examples[i]);
    auto const model = eval::trained(training, 3);
    for (auto const& row : held_out)
      right += eval::judge(model, row.text, row.vector).intents.front().name == row.intents.front();
  }
  eval::print_share("banking77", "accuracy", right, static_cast<double>(examples.size()), 0.929, 0.94);
}
