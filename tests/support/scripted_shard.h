// A ModelShard without weights: each word adds one to a place chosen by its hash, then the vector gets unit length.
// Texts that share words are near. Deterministic; single-threaded; answers through the executor, or when the test
// releases them.
#pragma once

#include <cctype>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/limits.h"
#include "ports/model_shard.h"

namespace sotto {

class ScriptedShard final : public ModelShard {
 public:
  static constexpr std::size_t width = 256;

  ScriptedShard(Executor& executor, Clock const& clock) : executor_(executor), clock_(clock) {}
  ~ScriptedShard() override {
    for (auto& waiting : waiting_) answer(std::move(waiting.done), fail("model_failed", "The model was stopped."));
  }

  void infer(ModelRequest request, std::function<void(Result<ModelResponse>)> done) override {
    if (request.model != "sentence-encoder") return answer(std::move(done), fail("unknown_model", request.model));
    ++asked;
    if (failing) return answer(std::move(done), fail("model_failed", "The test wants it so."));
    if (waiting_.size() >= limits::kShardQueueMax) return answer(std::move(done), fail("queue_full", request.model));
    waiting_.push_back({std::move(request), std::move(done), clock_.now()});
    if (!held) release();
  }
  bool ready() const override { return !failing; }
  bool waiting() const { return !waiting_.empty(); }

  // Answers what waits, as of now: requests whose deadline passed get `deadline`.
  void release() {
    for (auto& waiting : std::exchange(waiting_, {})) answer(std::move(waiting.done), run(waiting));
  }

  int asked = 0;                                // requests so far
  bool held = false;                            // requests wait for release()
  bool failing = false;                         // every request is answered with `model_failed`
  std::function<void()> before_answer = [] {};  // runs before each answer, on the executor

  static std::vector<float> vector_of(std::string const& text) {
    std::vector<float> vector(width);
    std::string word;
    for (char const c : text + " ") {
      if (std::isalnum(static_cast<unsigned char>(c))) {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      } else if (!word.empty()) {
        vector[place_of(std::exchange(word, ""))] += 1;
      }
    }
    double square = 0;
    for (auto const value : vector) square += value * value;
    if (square == 0) vector[0] = 1;
    for (auto& value : vector) value /= square == 0 ? 1.0f : static_cast<float>(std::sqrt(square));
    return vector;
  }

 private:
  using Done = std::function<void(Result<ModelResponse>)>;
  struct Waiting {
    ModelRequest request;
    Done done;
    Time arrived;
  };

  static std::size_t place_of(std::string const& word) {  // FNV-1a: the same on every machine
    std::uint64_t hash = 14695981039346656037u;
    for (unsigned char const c : word) hash = (hash ^ c) * 1099511628211u;
    return hash % width;
  }

  Result<ModelResponse> run(Waiting const& waiting) const {
    if (clock_.now() > waiting.request.deadline) return fail("deadline", "The request waited for too long.");
    ModelResponse response{.model_version = "scripted", .queue = clock_.now() - waiting.arrived};
    for (auto const& [text, wanted] : waiting.request.texts) {
      auto& reading = response.texts.emplace_back();
      if (wanted.vector) reading.vector = vector_of(text);
      if (wanted.meaning) reading.meaning = vector_of(text);
    }
    return response;
  }

  void answer(Done done, Result<ModelResponse> result) {
    executor_.post([before = before_answer, done = std::move(done), result = std::move(result)]() mutable {
      before();
      done(std::move(result));
    });
  }

  Executor& executor_;
  Clock const& clock_;
  std::vector<Waiting> waiting_;
};

}  // namespace sotto
