#include "live/speech/voice_vector.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <speaker_weights.h>

#include "base/check.h"

namespace sotto::speech {

namespace {

constexpr float kBelowLoudestDb = 25;
constexpr std::size_t kFramesLeast = 5;
// Where nothing is periodic: between the pitch of men and women, and its usual spread.
constexpr float kUsualLogPitch = 5.0f, kUsualDeviation = 0.15f;

// Lines of "name TAB value TAB value ...": mean, short_piece, axis (first its variance between voices).
VoiceSpace parse(std::string_view table) {
  VoiceSpace space;
  while (!table.empty()) {
    auto line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(table.size(), line.size() + 1));
    auto const name = line.substr(0, line.find('\t'));
    std::vector<float> values;
    while (line.find('\t') != std::string_view::npos) {
      line.remove_prefix(line.find('\t') + 1);
      float value = 0;
      CHECK(std::from_chars(line.data(), line.data() + line.size(), value).ec == std::errc());
      values.push_back(value);
    }
    if (name == "short_piece") space.short_piece = values.at(0);
    if (name == "mean") {
      CHECK(values.size() == kVoiceStatisticsSize);
      std::ranges::copy(values, space.mean.begin());
    }
    if (name == "axis") {
      CHECK(values.size() == kVoiceStatisticsSize + 1);
      space.between.push_back(values.front());
      std::copy(values.begin() + 1, values.end(), space.axes.emplace_back().begin());
    }
  }
  return space;
}

}  // namespace

VoiceSpace const& voice_space() {
  static VoiceSpace const space = parse(kSpeakerVoices);
  return space;
}

float speech_threshold_db(std::span<VoiceFrame const> frames) {
  std::vector<float> loudness;
  for (auto const& frame : frames) loudness.push_back(frame.loudness_db);
  // The tenth loudest in a hundred: one click is not the voice.
  auto const high = loudness.begin() + static_cast<std::ptrdiff_t>(loudness.size() * 9 / 10);
  std::ranges::nth_element(loudness, high);
  return *high - kBelowLoudestDb;
}

std::vector<VoiceFrame> speech_of(std::span<VoiceFrame const> frames) {
  if (frames.empty()) return {};
  auto const least = speech_threshold_db(frames);
  std::vector<VoiceFrame> speech;
  std::ranges::copy_if(frames, std::back_inserter(speech), [&](auto const& f) { return f.loudness_db > least; });
  return speech;
}

VoiceStatistics statistics(std::span<VoiceFrame const> speech) {
  CHECK(speech.size() >= kFramesLeast);
  VoiceStatistics out{};
  auto const n = static_cast<float>(speech.size());
  for (std::size_t c = 0; c < kCepstra; ++c) {
    float sum = 0, squares = 0;
    for (auto const& frame : speech) {
      sum += frame.cepstrum[c];
      squares += frame.cepstrum[c] * frame.cepstrum[c];
    }
    out[c] = sum / n;
    out[kCepstra + c] = 0.5f * std::log(std::max(1e-3f, squares / n - out[c] * out[c]));
  }
  float sum = 0, squares = 0, periodic = 0;
  for (auto const& frame : speech) {
    if (frame.log_pitch <= 0) continue;
    ++periodic;
    sum += frame.log_pitch;
    squares += frame.log_pitch * frame.log_pitch;
  }
  bool const known = periodic >= kFramesLeast;
  auto const mean = known ? sum / periodic : kUsualLogPitch;
  out[2 * kCepstra] = mean;
  out[2 * kCepstra + 1] = known ? std::sqrt(std::max(0.0f, squares / periodic - mean * mean)) : kUsualDeviation;
  out[2 * kCepstra + 2] = periodic / n;
  return out;
}

VoiceVector voice_vector(std::span<VoiceFrame const> frames) {
  auto const speech = speech_of(frames);
  if (speech.size() < kFramesLeast) return {};
  auto const known = statistics(speech);
  auto const& space = voice_space();
  VoiceVector out{.at = {}, .frames = static_cast<float>(speech.size())};
  for (auto const& axis : space.axes) {
    float sum = 0;
    for (std::size_t i = 0; i < known.size(); ++i) sum += axis[i] * (known[i] - space.mean[i]);
    out.at.push_back(sum);
  }
  return out;
}

}  // namespace sotto::speech
