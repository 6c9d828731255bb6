// From a passage's score to the chance that it answers: "no answer" is a choice of each tenant, made from questions it
// has labelled. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace sotto::knowledge {

// The chance from which an answer is shown: a wrong one costs a little more than none.
inline constexpr double kAnswers = 0.53;

struct AnswerCalibration {
  // Fitted on the demo tenant's questions (config/knowledge/demo/questions.yaml), printed by build/eval_answers.
  double slope = 14.09, middle = 0.431;

  double probability(double score) const;
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
