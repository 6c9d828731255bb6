// Audio as a source sends it.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "call/track.h"

namespace sotto {

enum class Coding : std::uint8_t { mulaw, alaw, pcm_s16le };  // G.711 (ITU-T G.711) and linear PCM

inline std::optional<Coding> parse_coding(std::string_view text) {
  if (text == "mulaw") return Coding::mulaw;
  if (text == "alaw") return Coding::alaw;
  if (text == "pcm_s16le") return Coding::pcm_s16le;
  return std::nullopt;
}

inline std::string_view name(Coding coding) {
  return coding == Coding::mulaw ? "mulaw" : coding == Coding::alaw ? "alaw" : "pcm_s16le";
}

// Sum of squares of linear samples in [-1, 1], and their root mean square (0 without samples).
inline double energy(std::span<float const> samples) {
  double sum = 0;
  for (auto const sample : samples) sum += static_cast<double>(sample) * sample;
  return sum;
}
inline double rms(std::span<float const> samples) {
  return samples.empty() ? 0 : std::sqrt(energy(samples) / static_cast<double>(samples.size()));
}

struct AudioFormat {
  Coding coding = Coding::mulaw;
  int rate = 8000;  // samples a second: 8000, 16000, 22050, 24000, 32000, 44100 or 48000; G.711 only at 8000

  std::int64_t bytes_per_sample() const { return coding == Coding::pcm_s16le ? 2 : 1; }
};

// As received: samples [first_sample, first_sample + bytes / bytes_per_sample) of one track.
struct AudioPacket {
  Track track = Track::customer;
  std::int64_t first_sample = 0;
  std::vector<std::uint8_t> bytes;
  Time arrived;
};

}  // namespace sotto
