#include "library/intent_training.h"

#include <sstream>

#include "intent_background.h"

namespace sotto::app {

// With a few examples an intent, to keep nearly all of them would let small talk in (make eval NAME=offtopic).
static constexpr double kKept = 0.9;

std::vector<std::string> const& background_lines() {
  static std::vector<std::string> const lines = [] {
    std::vector<std::string> out;
    std::istringstream in{std::string(kIntentBackground)};
    for (std::string line; std::getline(in, line);) {
      if (!line.empty()) out.push_back(line);
    }
    return out;
  }();
  return lines;
}

std::vector<std::string> intent_texts(std::vector<IntentDefinition> const& intents) {
  if (intents.empty()) return {};
  auto texts = background_lines();
  for (auto const& intent : intents) {
    texts.insert(texts.end(), intent.examples.begin(), intent.examples.end());
    texts.insert(texts.end(), intent.unlike.begin(), intent.unlike.end());
  }
  return texts;
}

std::vector<language::Example> examples_of(std::vector<IntentDefinition> const& intents,
                                           knowledge::Vectors const& vectors) {
  std::vector<language::Example> out;
  auto const add = [&](std::string const& text, std::vector<std::string> names) {
    out.push_back({.text = text, .intents = std::move(names), .vector = vectors.at(text)});
  };
  for (auto const& intent : intents) {
    for (auto const& example : intent.examples) add(example, {intent.name});
    for (auto const& other : intent.unlike) add(other, {});
  }
  for (auto const& line : background_lines()) add(line, {});
  return out;
}

void IntentTraining::train(std::vector<language::Example> examples, Done done) {
  Lock lock(mutex_);
  jobs_.push_back({std::move(examples), std::move(done)});
  arrived_.notify_one();
}

void IntentTraining::work(std::stop_token const& stop) {
  for (;;) {
    Job job;
    {
      Lock lock(mutex_);
      arrived_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return !jobs_.empty(); });
      if (stop.stop_requested()) return;
      job = std::move(jobs_.front());
      jobs_.erase(jobs_.begin());
    }
    auto trained = std::make_shared<Result<language::TrainedIntents>>(
        language::train_intents(job.examples, {.kept_in_scope = kKept}));
    executor_.post([done = std::move(job.done), trained] { done(std::move(*trained)); });
  }
}

}  // namespace sotto::app
