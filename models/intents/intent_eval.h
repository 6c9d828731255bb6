// What the evaluations of intents share: vectors of texts, training, judging, times.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "../eval/figures.h"
#include "adapters/minilm/sentence_encoder.h"
#include "language/intents/intent_trainer.h"

namespace sotto::eval {

class Encoder {
 public:
  Encoder() : encoder_(SentenceEncoder::load(".cache/minilm")) {
    if (encoder_) return;
    fmt::print(stderr, "{}\n", encoder_.error().message);
    std::exit(1);
  }
  std::vector<float> operator()(std::string const& text) {
    auto& vector = known_[text];
    if (vector.empty()) vector = encoder_->encode(text).value();
    return vector;
  }

 private:
  Result<SentenceEncoder> encoder_;
  std::map<std::string, std::vector<float>> known_;
};

inline language::IntentModel trained(std::vector<language::Example> const& examples, std::size_t folds = 5) {
  auto result = language::train_intents(examples, {.folds = folds});
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().message);
    std::exit(1);
  }
  auto const& report = result->report;
  fmt::print(
      stderr,
      "cross-validation: accuracy {:.4f}, n-grams alone {:.4f}, sure {:.3f} at {:.4f}, calibration error {:.4f}, "
      "kept {:.3f}, refused {:.3f}\n",
      report.accuracy, report.words_only, report.sure_share, report.sure_accuracy, report.calibration_error,
      report.kept, report.refused);
  return std::move(result->model);
}

inline language::Judgement judge(language::IntentModel const& model, std::string const& text,
                                 std::vector<float> const& vector) {
  if (auto sure = model.judge(text)) return std::move(*sure);
  return model.judge(text, vector);
}

inline double milliseconds_since(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace sotto::eval
