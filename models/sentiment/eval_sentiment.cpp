// sentiment: `sst2` (positive or negative, SST-2's dev part) and `service` (negative, neutral or positive, 300 lines of
// our own), by the int8 graph that calls use.
#include <fstream>

#include "../eval/figures.h"
#include "adapters/minilm/sentence_encoder.h"
#include "live/orchestrator/orchestrator.h"

using namespace sotto;

namespace {

struct Row {
  std::string text, label;
};

std::vector<Row> rows(std::filesystem::path const& file) {
  std::vector<Row> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    auto const tab = line.rfind('\t');
    if (tab != std::string::npos) out.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  return out;
}

}  // namespace

int main() {
  auto const encoder = SentenceEncoder::load(".cache/minilm");
  if (!encoder) {
    fmt::print(stderr, "{}\n", encoder.error().message);
    return 1;
  }
  auto const felt = [&](Row const& row) { return *encoder->read(row.text, {.sentiment = true}).value().sentiment; };
  double right = 0;
  auto const reviews = rows(eval::data() / "sst2/dev.tsv");
  for (auto const& row : reviews) right += (felt(row) > 0) == (row.label == "1");
  eval::print_share("sentiment", "sst2", right, static_cast<double>(reviews.size()), 0.84, 0.90);
  right = 0;
  auto const lines = rows("models/sentiment/service_lines.tsv");
  for (auto const& row : lines) {
    auto const chance = felt(row);
    auto const judged = chance <= -orchestrator::kPresentSentiment  ? "negative"
                        : chance >= orchestrator::kPresentSentiment ? "positive"
                                                                 : "neutral";
    right += judged == row.label;
  }
  eval::print_share("sentiment", "service", right, static_cast<double>(lines.size()), 0.80, 0.90);
}
