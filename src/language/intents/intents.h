// What a text wants: intents with calibrated probabilities, and whether it is about any of them at all.
// One model for both ways of making it: from a tenant's labelled utterances and from the few examples of a policy.
// A cascade: n-grams alone decide where they are sure; else the sentence vector and the nearest examples are added.
// Immutable; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "language/intents/classifiers.h"

namespace sotto::language {

struct Intent {
  std::string name;
  double probability = 0;  // calibrated on held-out examples
};

struct Judgement {
  std::vector<Intent> intents;  // the likeliest first; of an out-of-scope text too
  double in_scope = 0;          // that it is about any of them, 0..1
  bool by_words = false;        // n-grams alone were sure
};

// What the other party said before a text, the newest turn first.
using TurnsBefore = std::span<std::string const>;
inline constexpr std::size_t kTurnsBefore = 2;  // looked at, at most

// A text of the training data. No intents: out of scope.
struct Example {
  std::string text;
  std::vector<std::string> intents;
  std::vector<float> vector;  // of the sentence encoder, length 1
  std::vector<std::string> before = {};
};

// Numbers found on held-out examples: they turn scores into probabilities.
struct Calibration {
  // Weights of the scores of n-grams, vectors and nearest examples, and a constant (several intents at once only).
  std::vector<float> mix{1, 1, 4, 0};
  float words_slope = 4;  // of n-grams alone
  float words_sure = 2;   // their probability from which nothing else is asked; above 1: never
  // Logistic: constant, best mixed score, its lead over the second, nearest example, best n-gram score.
  std::vector<float> scope{0, 1, 0, 0, 0};
};

// A chance of being in scope from which a text is; keeps about 95 % of the held-out examples.
inline constexpr double kInScope = 0.5;
// Words whose likeliest intent has no example this near (cosine) are out of scope whatever the machines say: with a few
// examples an intent these have seen too little of what else is said. Chosen on small talk and the demo tenants' calls.
inline constexpr float kNearEnough = 0.45F;
// Words that an example of the likeliest intent holds nearly as they are (cosine) are about it, whatever the machines
// say: who wrote the example would not understand why else.
inline constexpr float kAsInAnExample = 0.9F;
// Nor does an intent count where an example of none is nearer than all of its own, and nearly the same words.
inline constexpr float kTheVeryWords = 0.75F;

class IntentModel {
 public:
  // Only n-grams: nothing where they are not sure. 5-20 us for 150 intents.
  std::optional<Judgement> judge(std::string_view text, TurnsBefore before = {}) const;
  // Error of the programmer where the vector has another width than those of training.
  Judgement judge(std::string_view text, std::span<float const> vector, TurnsBefore before = {}) const;

  std::vector<std::string> const& names() const { return names_; }
  bool several() const { return several_; }               // several intents at once were seen in training
  std::size_t turns_before() const { return before_; }    // that it was trained with: others are not looked at
  std::size_t width() const { return meaning_.width(); }  // of the vectors it judges

  std::string write() const;
  // Error `model_broken`.
  static Result<IntentModel> read(std::string_view bytes);

 private:
  friend class IntentTrainer;
  struct Scores {
    std::vector<float> words, meaning, nearest;
  };

  IntentModel(NgramClassifier words, VectorClassifier meaning, NearestExamples nearest)
      : words_(std::move(words)), meaning_(std::move(meaning)), nearest_(std::move(nearest)) {}
  std::vector<Feature> features(std::string_view text, TurnsBefore before) const;
  Scores scores(std::vector<Feature> const& features, std::span<float const> vector) const;
  Judgement mixed(Scores const& scores, std::span<float const> vector) const;
  Judgement named(std::vector<float> const& probabilities, double in_scope) const;

  std::vector<std::string> names_;
  bool several_ = false;
  std::size_t before_ = 0;
  NgramClassifier words_;
  VectorClassifier meaning_;
  NearestExamples nearest_;
  Calibration calibration_;
};

// Of a text, from its scores: what the model and its trainer share.
std::vector<float> mix(std::span<float const> by, std::vector<float> const& words, std::vector<float> const& meaning,
                       std::vector<float> const& nearest);
std::vector<float> scope_features(std::vector<float> const& mixed, std::vector<float> const& words,
                                  std::vector<float> const& nearest);

}  // namespace sotto::language
