// Any supported rate to 16 kHz by libsamplerate (band-limited interpolation; J. O. Smith, "Digital Audio Resampling").
// Output sample i lies at source time i * rate / 16000; no delay is added but a few ms of look-ahead.
#pragma once

#include <memory>
#include <span>
#include <vector>

struct SRC_STATE_tag;

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
  struct Deleter {
    void operator()(SRC_STATE_tag* state) const;
  };
  double ratio_;
  std::unique_ptr<SRC_STATE_tag, Deleter> state_;  // null at 16 kHz
};

}  // namespace sotto::audio
