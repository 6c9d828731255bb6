// Any supported rate to 16 kHz by speexdsp (windowed-sinc filter bank; J. O. Smith, "Digital Audio Resampling").
// Output sample i lies at source time i * rate / 16000; no delay is added but 1 ms of look-ahead.
#pragma once

#include <memory>
#include <span>
#include <vector>

struct SpeexResamplerState_;

namespace sotto::audio {

class Resampler {
 public:
  explicit Resampler(int rate);
  ~Resampler();
  Resampler(Resampler&&) noexcept;
  Resampler& operator=(Resampler&&) noexcept;

  // Appends what became ready to `out`. `last`: no more input; the tail is flushed and the state starts anew.
  void process(std::span<float const> in, bool last, std::vector<float>& out);

 private:
  void feed(std::span<float const> in, std::vector<float>& out);
  struct Deleter {
    void operator()(SpeexResamplerState_* state) const;
  };
  std::unique_ptr<SpeexResamplerState_, Deleter> state_;  // null at 16 kHz
};

}  // namespace sotto::audio
