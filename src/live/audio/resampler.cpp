#include "live/audio/resampler.h"

#include <samplerate.h>

#include "base/check.h"
#include "base/limits.h"

namespace sotto::audio {

Resampler::Resampler(int rate) : ratio_(static_cast<double>(limits::frame_rate_hz) / rate) {
  if (rate == limits::frame_rate_hz) return;
  int error = 0;
  state_.reset(src_new(SRC_SINC_FASTEST, 1, &error));
  CHECK(state_ && error == 0);
}

Resampler::~Resampler() = default;
Resampler::Resampler(Resampler&&) noexcept = default;
Resampler& Resampler::operator=(Resampler&&) noexcept = default;

void Resampler::Deleter::operator()(SRC_STATE_tag* state) const { src_delete(state); }

void Resampler::process(std::span<float const> in, bool last, std::vector<float>& out) {
  if (!state_) {
    out.insert(out.end(), in.begin(), in.end());
    return;
  }
  float block[4096];
  SRC_DATA data{};
  data.data_in = in.data();
  data.input_frames = static_cast<long>(in.size());
  data.data_out = block;
  data.output_frames = std::size(block);
  data.src_ratio = ratio_;
  data.end_of_input = last ? 1 : 0;
  do {
    CHECK(src_process(state_.get(), &data) == 0);
    out.insert(out.end(), block, block + data.output_frames_gen);
    data.data_in += data.input_frames_used;
    data.input_frames -= data.input_frames_used;
  } while (data.input_frames > 0 || data.output_frames_gen == static_cast<long>(std::size(block)));
  if (last) src_reset(state_.get());
}

}  // namespace sotto::audio
