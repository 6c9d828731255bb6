// The oracle's audio: every 20 ms of 16 kHz linear audio holds one constant level that says which 20 ms it is; level 0
// is silence. Levels are 4 apart, so they survive the way through floats and 16 bits, and far above any background.
// The numbers begin anew after two minutes: where a word stands in the call tells which turn it is. A customer's levels
// are below zero, an agent's above, so a word on the wrong track is seen.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "call/track.h"

namespace sotto::recovery {

inline constexpr std::int64_t kRate = 16'000;
inline constexpr std::int64_t kFrameSamples = kRate / 50;
inline constexpr int kFrameMs = 20;
inline constexpr int kNumbers = 6000;
inline constexpr int kLevelStep = 4;
inline constexpr int kLevelBase = 2000;  // times the step: a quarter of full scale

// The level of a frame, in 16 bits.
inline std::int16_t level_of(Track track, std::int64_t frame) {
  auto const level = static_cast<int>(kLevelBase + frame % kNumbers) * kLevelStep;
  return static_cast<std::int16_t>(track == Track::customer ? -level : level);
}

// What a sample says: 0 is silence, else the number with the track's sign.
inline int code_of(float sample) {
  return static_cast<int>(std::lround(static_cast<double>(sample) * 32768 / kLevelStep));
}

// The word of a code: "c17", "a5999". A level that nobody sent gives a word that nobody expects.
inline std::string word_of(int code) { return (code < 0 ? "c" : "a") + std::to_string(std::abs(code) - kLevelBase); }

// The frame that a word names, which begins nearest to `start_ms`; nullopt: not a word of this track.
inline std::optional<std::int64_t> frame_of(Track track, std::string_view word, std::int64_t start_ms) {
  if (word.empty() || word.front() != (track == Track::customer ? 'c' : 'a')) return std::nullopt;
  std::int64_t number = 0;
  auto const [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size() || number < 0 || number >= kNumbers) return std::nullopt;
  auto const turn = std::llround(static_cast<double>(start_ms / kFrameMs - number) / kNumbers);
  return number + turn * kNumbers;
}

// All chance of a simulation, from its seed: the same on every machine (std::uniform_int_distribution is not).
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::int64_t below(std::int64_t end) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(end));
  }
  std::int64_t between(std::int64_t from, std::int64_t to) { return from + below(to - from + 1); }
  bool chance(int percent) { return below(100) < percent; }
  std::uint64_t seed() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sotto::recovery
