// Voice activity: the probability that a frame of 32 ms holds speech. Frames of several tracks go through the model
// together, because the cost of a call is mostly fixed (one frame 0.2 ms, eight together 0.45 ms).
// The model is thread-safe; a VadState belongs to one track.
#pragma once

#include <array>
#include <filesystem>
#include <span>
#include <vector>

#include "adapters/onnx/session.h"
#include "base/error.h"

namespace sotto {

inline constexpr std::size_t kVadFrame = 512;  // samples at 16 kHz; the only size the model accepts

struct VadState {
  std::array<float, 64> context{};      // the end of the frame before
  std::array<float, 2 * 128> memory{};  // of the recurrent layer
};

struct VadLane {
  VadState* state = nullptr;
  std::span<float const, kVadFrame> frame;
  float probability = 0;  // the answer
};

class SileroVad {
 public:
  // Errors `model_missing`, `model_broken`.
  static Result<SileroVad> load(std::filesystem::path const& file);

  // Answers one frame of each lane and moves its state on. Error `model_failed`.
  Result<void> run(std::span<VadLane> lanes) const;

 private:
  explicit SileroVad(OnnxSession session) : session_(std::move(session)) {}

  OnnxSession session_;
};

}  // namespace sotto
