// Trains an IntentModel and says how good it is, by cross-validation: every example is judged by a model that has not
// seen it. The same examples and seed give the same model, byte for byte. Pure; takes seconds to minutes: not for a
// thread that carries calls.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "language/intents/intents.h"

namespace sotto::language {

struct TrainingOptions {
  std::uint32_t seed = 1;
  std::size_t folds = 5;
  // The share of held-out in-scope examples that must be judged in scope: the rest is the price of refusing others.
  double kept_in_scope = 0.95;
  // Called now and then: what is being done, steps done and in all.
  std::function<void(std::string const& what, std::size_t done, std::size_t all)> progress = {};
};

struct IntentReport {
  std::size_t examples = 0, out_of_scope = 0, intents = 0;
  double accuracy = 0;                       // the right intent first; several at once: F1 over all intents
  double words_only = 0;                     // the same with n-grams alone
  double sure_share = 0, sure_accuracy = 0;  // of the texts that n-grams alone decide
  double calibration_error = 0;              // expected calibration error, 10 bins (Guo et al. 2017)
  double kept = 0;                           // in-scope examples that are judged in scope
  double refused = 0;                        // out-of-scope examples that are judged out of scope; 0 without any
  struct OfIntent {
    std::string name;
    std::size_t examples = 0;
    double recall = 0;
    std::string taken_for;  // the intent it is most often confused with
  };
  std::vector<OfIntent> by_intent;  // the worst first
};

struct TrainedIntents {
  IntentModel model;
  IntentReport report;
};

// Errors `too_few_examples`: fewer than two of an intent, or no intent at all.
Result<TrainedIntents> train_intents(std::vector<Example> const& examples, TrainingOptions const& options);

}  // namespace sotto::language
