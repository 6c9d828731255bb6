// answers: how likely a knowledge answer is right. Fits the logistic of its score on models/retrieval/questions.yaml
// and prints the two numbers that stand in knowledge_base.cpp; then measures the program's own probability on the
// questions of bench/knowledge_questions.yaml, which the fit has not seen: `ece`, expected calibration error over five
// bins of equal size, and the Brier score. Usage: eval_answers
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "adapters/minilm/sentence_encoder.h"
#include "app/library.h"

using namespace sotto;

namespace {

struct Sample {
  double score = 0;
  bool right = false;
};

std::vector<Sample> samples_of(char const* file, inference::KnowledgeBase const& base, SentenceEncoder const& encoder) {
  std::vector<Sample> out;
  for (auto const& entry : YAML::LoadFile(file)) {
    auto const question = entry["ask"].as<std::string>(), expected = entry["answer"].as<std::string>();
    auto const best = base.rank(question, encoder.encode(question).value(), "*").front();
    auto const given = best.passage->file + "#" + best.passage->heading;
    out.push_back({best.score, given == expected || best.passage->file == expected});
  }
  return out;
}

// Newton's steps on the likelihood, with a little weight towards zero; targets as Platt (1999) has them.
std::pair<double, double> fit(std::vector<Sample> const& samples) {
  auto const right = static_cast<double>(std::ranges::count_if(samples, &Sample::right));
  double const up = (right + 1) / (right + 2), down = 1 / (static_cast<double>(samples.size()) - right + 2);
  double slope = 0, bias = 0;
  for (int step = 0; step < 100; ++step) {
    double g0 = 0, g1 = 0, h00 = 1e-6, h01 = 0, h11 = 1e-6;
    for (auto const& [score, is_right] : samples) {
      double const p = 1 / (1 + std::exp(-(slope * score + bias))), error = p - (is_right ? up : down), w = p * (1 - p);
      g0 += error, g1 += error * score, h00 += w, h01 += w * score, h11 += w * score * score;
    }
    double const determinant = h00 * h11 - h01 * h01;
    bias -= (h11 * g0 - h01 * g1) / determinant;
    slope -= (h00 * g1 - h01 * g0) / determinant;
  }
  return {slope, -bias / slope};
}

void print(char const* figure, double value, std::size_t n, char const* more) {
  fmt::print(R"({{"bench":"answers","figure":"{}","value":{:.3f},"unit":"share","n":{}{}}})"
             "\n",
             figure, value, n, more);
}

}  // namespace

int main() {
  auto const encoder = SentenceEncoder::load(".cache/minilm");
  if (!encoder) {
    fmt::print(stderr, "{}\n", encoder.error().message);
    return 1;
  }
  auto const tenant = app::Library::read_tenant("config/policies/demo", "config/knowledge/demo");
  auto vectors = std::make_shared<inference::Vectors>();
  for (auto const& text : inference::KnowledgeBase::texts_to_embed(tenant.passages))
    (*vectors)[text] = encoder->encode(text).value();
  inference::KnowledgeBase const base(tenant.passages, vectors);
  auto const fitted = fit(samples_of("models/retrieval/questions.yaml", base, *encoder));
  fmt::print(stderr, "fitted: slope {:.2f}, middle {:.3f}\n", fitted.first, fitted.second);
  auto held = samples_of("bench/knowledge_questions.yaml", base, *encoder);
  std::ranges::sort(held, {}, &Sample::score);
  constexpr std::size_t kBins = 5;
  double ece = 0, brier = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    double said = 0, right = 0;
    for (auto i = held.size() * bin / kBins; i < held.size() * (bin + 1) / kBins; ++i) {
      double const p = inference::probability(held[i].score);
      said += p, right += held[i].right;
      brier += (p - held[i].right) * (p - held[i].right);
    }
    ece += std::abs(said - right) / static_cast<double>(held.size());
  }
  print("ece", ece, held.size(), R"(,"floor":0.08)");
  print("brier", brier / static_cast<double>(held.size()), held.size(), "");
  return 0;
}
