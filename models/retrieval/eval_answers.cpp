// answers: how likely a knowledge answer is right. The tenant's own questions (config/knowledge/demo/questions.yaml)
// make the calibration, as they do in the server; it is measured on the questions of bench/knowledge_questions.yaml,
// which it has not seen: `ece`, expected calibration error over five bins of equal size, and the Brier score. Usage:
// eval_answers
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "adapters/minilm/sentence_encoder.h"
#include "library/tenant_files.h"

using namespace sotto;

namespace {

using Sample = knowledge::ScoredAnswer;  // its score: the probability that is told

std::vector<Sample> samples_of(char const* file, knowledge::KnowledgeBase const& base, SentenceEncoder const& encoder) {
  std::vector<Sample> out;
  for (auto const& entry : YAML::LoadFile(file)) {
    auto const question = entry["ask"].as<std::string>(), expected = entry["answer"].as<std::string>();
    auto const best = base.rank(question, encoder.encode(question).value(), "*").front();
    auto const read = encoder.answers(knowledge::KnowledgeBase::to_read({best, question}), question).value();
    auto const given = best.passage->file + "#" + best.passage->heading;
    out.push_back(
        {base.calibration().probability(best.score, read), given == expected || best.passage->file == expected});
  }
  return out;
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
  auto const tenant = app::read_tenant("config/policies/demo", "config/knowledge/demo");
  auto vectors = std::make_shared<knowledge::Vectors>();
  for (auto const& text : knowledge::KnowledgeBase::texts_to_embed(tenant.passages))
    (*vectors)[text] = encoder->encode(text).value();
  for (auto const& question : tenant.questions) (*vectors)[question.ask] = encoder->encode(question.ask).value();
  knowledge::KnowledgeBase base(tenant.passages, vectors);
  if (auto const fitted = base.calibrate(tenant.questions, *vectors); !fitted)
    fmt::print(stderr, "{}\n", fitted.error().message);
  fmt::print(stderr, "{} questions: slope {:.2f}, middle {:.3f}, answers from {:.3f} on\n", tenant.questions.size(),
             base.calibration().slope, base.calibration().middle, base.calibration().score_of(knowledge::kAnswers));
  auto held = samples_of("bench/knowledge_questions.yaml", base, *encoder);
  std::ranges::sort(held, {}, &Sample::score);
  constexpr std::size_t kBins = 5;
  double ece = 0, brier = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    double said = 0, right = 0;
    for (auto i = held.size() * bin / kBins; i < held.size() * (bin + 1) / kBins; ++i) {
      double const p = held[i].score;
      said += p, right += held[i].right;
      brier += (p - held[i].right) * (p - held[i].right);
    }
    ece += std::abs(said - right) / static_cast<double>(held.size());
  }
  print("ece", ece, held.size(), R"(,"floor":0.08)");
  print("brier", brier / static_cast<double>(held.size()), held.size(), "");
  return 0;
}
