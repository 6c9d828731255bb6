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
#include "call/policy.h"
#include "live/inference/knowledge_base.h"
#include "text/intent_trainer.h"

namespace sotto::app {

// What is said on any call and is no intent of any tenant (models/intents/background.txt): what examples are told from.
std::vector<std::string> const& background_lines();
// Every text that examples_of() wants a vector for.
std::vector<std::string> intent_texts(std::vector<IntentDefinition> const& intents);
std::vector<text::Example> examples_of(std::vector<IntentDefinition> const& intents, inference::Vectors const& vectors);

class IntentWorkshop {
 public:
  using Done = std::function<void(Result<text::TrainedIntents>)>;

  explicit IntentWorkshop(Executor& executor) : executor_(executor), worker_([this](auto stop) { work(stop); }) {}

  // `done` is called on the executor. Jobs run one after the other.
  void train(std::vector<text::Example> examples, Done done);

 private:
  struct Job {
    std::vector<text::Example> examples;
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
