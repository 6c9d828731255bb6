// Port ModelShard: named models behind one asynchronous call, as the Open Inference Protocol v2 has it
// (name, version, inputs, outputs), reduced to what the call path needs: texts in, unit vectors, meanings and
// sentiments out; passages with questions in, how far the one answers the other out. Embedded adapter: minilm (in
// process). At scale the same request goes over gRPC.
#pragma once

#include <functional>
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

struct PassageAndQuestion {
  std::string passage, question;
};

struct ModelRequest {
  std::string model;                      // "sentence-encoder"
  std::vector<std::string> texts;         // up to 64; one at least, or a pair
  std::vector<PassageAndQuestion> pairs;  // up to 8; each costs as much as several texts
  std::size_t sentiments = 0;             // wanted of so many first texts; each costs half as much again
  std::size_t meanings = 0;               // as well
  QueueLane lane = QueueLane::live;
  Time deadline;  // a request that cannot be in time is answered with error `deadline`
};

struct ModelResponse {
  std::string model_version;
  std::vector<std::vector<float>> vectors;  // one per text, unit length
  std::vector<float> sentiments;            // of the texts it was wanted of, -1 (negative) .. 1 (positive)
  // Of the texts it was wanted of, unit length: two are near where their speakers want the same, however they say it
  // (models/meaning). Two `vectors` are near where texts are about the same.
  std::vector<std::vector<float>> meanings;
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
