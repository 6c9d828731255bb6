// Port ModelShard: named models behind one asynchronous call, as the Open Inference Protocol v2 has it
// (name, version, inputs, outputs), reduced to what the call path needs: texts in, of each what is wanted of it out;
// passages with questions in, how far the one answers the other out. Embedded adapter: minilm (in
// process). At scale the same request goes over gRPC.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace sotto {

// Who waits: a request of a lower lane never holds up one of a higher, and each lane has a bound of its own.
enum class QueueLane {
  live,        // words of a call
  ask,         // a person at the ask-box
  background,  // policies that come into force, calls that are judged again
};

// What is wanted of a text. The three share half of what one alone costs.
struct WantedOfText {
  bool vector = true, meaning = false, sentiment = false;
  bool operator==(WantedOfText const&) const = default;
};
struct ModelText {
  std::string text;
  WantedOfText wanted{};
  bool operator==(ModelText const&) const = default;
};
struct TextReading {
  // Unit length; empty where it was not wanted. Two are near where texts are about the same.
  std::vector<float> vector;
  // The same; two are near where their speakers want the same, however they say it (models/meaning).
  std::vector<float> meaning;
  std::optional<float> sentiment;  // -1 (negative) .. 1 (positive)
};

struct PassageAndQuestion {
  std::string passage, question;
};

struct ModelRequest {
  std::string model;                      // "sentence-encoder"
  std::vector<ModelText> texts;           // up to 64; one at least, or a pair
  std::vector<PassageAndQuestion> pairs;  // up to 8; each costs as much as several texts
  QueueLane lane = QueueLane::live;
  Time deadline;  // a request that cannot be in time is answered with error `deadline`
};

struct ModelResponse {
  std::string model_version;
  std::vector<TextReading> texts;  // in their order
  // Of each pair: how far the passage answers the question, as a logit beside what their vectors say
  // (models/answering).
  std::vector<float> answers;
  Duration queue{0};  // waited before the model ran
  Duration compute{0};
};

class ModelShard {
 public:
  virtual ~ModelShard() = default;
  // Never blocks. `done` is called exactly once, on the executor the adapter was built with, never inside infer().
  // Errors: unknown_model, queue_full, deadline, model_failed.
  virtual void infer(ModelRequest request, std::function<void(Result<ModelResponse>)> done) = 0;
  virtual bool ready() const = 0;
};

}  // namespace sotto
