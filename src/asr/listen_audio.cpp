#include "asr/listen_audio.h"

#include "live/audio/g711.h"
#include "live/audio/track_audio.h"

namespace sotto::app {

ListenAudio::ListenAudio(AudioFormat format, int channels, bool mix) : format_(format), channels_(channels) {
  for (int channel = 0; channel < (mix ? 1 : channels); ++channel) out_.push_back({audio::Resampler(format.rate)});
}

Result<std::span<std::vector<float> const>> ListenAudio::accept(std::span<std::uint8_t const> bytes) {
  if (bytes.size() % static_cast<std::size_t>(format_.bytes_per_sample()) != 0) {
    return fail("undecodable", "a frame that ends inside a sample");
  }
  digest_.add(bytes);
  audio::decode(format_.coding, bytes, interleaved_);
  auto const width = static_cast<std::size_t>(channels_);
  auto const count = interleaved_.size() / width;
  received_ += static_cast<std::int64_t>(count);
  samples_.assign(out_.size(), {});
  std::vector<float> one(count);
  for (std::size_t channel = 0; channel < out_.size(); ++channel) {
    for (std::size_t at = 0; at < count; ++at) {
      if (out_.size() == width) {
        one[at] = interleaved_[at * width + channel];
        continue;
      }
      float sum = 0;
      for (std::size_t part = 0; part < width; ++part) sum += interleaved_[at * width + part];
      one[at] = sum / static_cast<float>(width);
    }
    out_[channel].resampler.process(one, false, samples_[channel]);
    out_[channel].given += static_cast<std::int64_t>(samples_[channel].size());
  }
  interleaved_.erase(interleaved_.begin(), interleaved_.begin() + static_cast<std::ptrdiff_t>(count * width));
  return samples_;
}

std::vector<float> ListenAudio::flush(int number) {
  auto& channel = out_.at(static_cast<std::size_t>(number));
  std::vector<float> tail;
  channel.resampler.process({}, true, tail);
  auto const end = audio::to_frames(received_, format_.rate);
  tail.resize(static_cast<std::size_t>(std::max<std::int64_t>(0, end - channel.given)));
  channel.given += static_cast<std::int64_t>(tail.size());
  return tail;
}

double ListenAudio::seconds() const { return static_cast<double>(received_) / format_.rate; }

}  // namespace sotto::app
