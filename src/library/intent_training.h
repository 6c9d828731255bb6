// Where intent models come from: a tenant's trained file, and the examples of its policies, which are trained on a
// thread of its own so that calls go on. Confined to the loop, but for the training itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "knowledge/knowledge_base.h"
#include "language/intents/intent_trainer.h"
#include "policy/rules.h"

namespace sotto::app {

// What is said on any call and is no intent of any tenant (models/intents/background.txt): what examples are told from.
std::vector<std::string> const& background_lines();
// Every text that examples_of() wants a vector for.
std::vector<std::string> intent_texts(std::vector<IntentDefinition> const& intents);
std::vector<language::Example> examples_of(std::vector<IntentDefinition> const& intents,
                                           knowledge::Vectors const& vectors);

class IntentTraining {
 public:
  using Done = std::function<void(Result<language::TrainedIntents>)>;

  explicit IntentTraining(Executor& executor) : executor_(executor), worker_([this](auto stop) { work(stop); }) {}

  // `done` is called on the executor. Jobs run one after the other.
  void train(std::vector<language::Example> examples, Done done);

 private:
  struct Job {
    std::vector<language::Example> examples;
    Done done;
  };
  void work(std::stop_token const& stop);

  Executor& executor_;
  Mutex mutex_;
  Condition arrived_;
  std::vector<Job> jobs_ GUARDED_BY(mutex_);
  std::jthread worker_;  // last: it uses all of the above
};

}  // namespace sotto::app
