// The binary frames of one /v1/listen connection as 16 kHz samples of each channel, and the digest of all of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "adapters/openssl/secrets.h"
#include "base/error.h"
#include "call/audio.h"
#include "live/audio/resampler.h"

namespace sotto::app {

class ListenAudio {
 public:
  // `channels` are interleaved; `mix`: into one.
  ListenAudio(AudioFormat format, int channels, bool mix);

  // One vector a channel given out; valid until the next call. A frame may end between two channels, not inside a
  // sample: error `undecodable`.
  Result<std::span<std::vector<float> const>> accept(std::span<std::uint8_t const> bytes);
  // What the resampler of a channel still held back, so that its samples end where the audio ended.
  std::vector<float> flush(int channel);

  // Received, of each channel.
  double seconds() const;
  // Lower-case hex; nothing may be accepted afterwards.
  std::string sha256() { return digest_.finish(); }

 private:
  struct Channel {
    audio::Resampler resampler;
    std::int64_t given = 0;  // 16 kHz samples
  };

  // Given.
  AudioFormat const format_;
  int const channels_;
  // State.
  std::int64_t received_ = 0;       // samples of each channel
  std::vector<float> interleaved_;  // what is left of a message that ended between two channels comes first
  std::vector<Channel> out_;
  std::vector<std::vector<float>> samples_;
  Sha256 digest_;
};

}  // namespace sotto::app
