#include "live/audio/resampler.h"

#include <array>

#include <speex/speex_resampler.h>

#include "base/check.h"
#include "base/limits.h"

namespace sotto::audio {

// 16 taps at the lower rate. Longer filters let more of the line noise above the voice through: with 48 and more the
// words of the demo calls are heard worse (make bench NAME=wer).
static constexpr int kQuality = 1;

Resampler::Resampler(int rate) {
  if (rate == limits::kFrameRateHz) return;
  int error = 0;
  state_.reset(speex_resampler_init(1, static_cast<unsigned>(rate), limits::kFrameRateHz, kQuality, &error));
  CHECK(state_ && error == RESAMPLER_ERR_SUCCESS);
  speex_resampler_skip_zeros(state_.get());  // what would delay the output
}

Resampler::~Resampler() = default;
Resampler::Resampler(Resampler&&) noexcept = default;
Resampler& Resampler::operator=(Resampler&&) noexcept = default;

void Resampler::Deleter::operator()(SpeexResamplerState_* state) const { speex_resampler_destroy(state); }

void Resampler::process(std::span<float const> in, bool last, std::vector<float>& out) {
  if (!state_) {
    out.insert(out.end(), in.begin(), in.end());
    return;
  }
  feed(in, out);
  if (!last) return;
  std::array<float, 1024> const nothing{};
  feed(std::span(nothing).first(static_cast<std::size_t>(speex_resampler_get_input_latency(state_.get()))), out);
  CHECK(speex_resampler_reset_mem(state_.get()) == RESAMPLER_ERR_SUCCESS);
  speex_resampler_skip_zeros(state_.get());
}

void Resampler::feed(std::span<float const> in, std::vector<float>& out) {
  std::array<float, 2048> block;
  while (!in.empty()) {
    auto taken = static_cast<unsigned>(in.size()), made = static_cast<unsigned>(block.size());
    CHECK(speex_resampler_process_float(state_.get(), 0, in.data(), &taken, block.data(), &made) ==
          RESAMPLER_ERR_SUCCESS);
    out.insert(out.end(), block.begin(), block.begin() + made);
    in = in.subspan(taken);
    if (taken == 0 && made == 0) return;
  }
}

}  // namespace sotto::audio
