// From a passage's score to the chance that it answers: "no answer" is a choice of each tenant, made from questions it
// has labelled. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace sotto::knowledge {

// The chance from which an answer is shown: a wrong one costs a little more than none.
inline constexpr double kAnswers = 0.53;
// Below that by its score alone a passage is not worth reading.
inline constexpr double kMayAnswer = 0.1;

struct AnswerCalibration {
  // Fitted on the demo tenant's questions (config/knowledge/demo/questions.yaml), printed by build/eval_answers.
  double slope = 14.09, middle = 0.431;
  // What a reading adds, fitted on questions to another company's articles (models/answering/README.md). 0: nothing, a
  // tenant's own questions have said what a score is worth.
  double of_read = 0.88, when_read = -0.68;

  // `read`: how far a model finds that the passage answers (models/answering); nothing: not read.
  double probability(double score, std::optional<double> read = {}) const;
  bool reads() const { return of_read != 0; }
  // The score at which probability() is `chance`.
  double score_of(double chance) const;
};

struct ScoredAnswer {
  double score = 0;
  bool right = false;
};

// Fewer labelled questions, or of one kind alone (best passage right, wrong), say nothing: the default stays.
inline constexpr std::size_t kQuestionsLeast = 20, kQuestionsLeastOfAKind = 5;

// Platt scaling (Platt 1999, with his targets), by Newton's steps. Errors: too_few_questions, bad_fit.
Result<AnswerCalibration> fit(std::vector<ScoredAnswer> const& answers);

// A question and what answers it: "file.md", "file.md#Heading", or "none".
struct LabelledQuestion {
  std::string ask, answer;
};

}  // namespace sotto::knowledge
