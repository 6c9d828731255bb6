#include "live/speech/voice_frames.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "base/limits.h"

namespace sotto::speech {

namespace {

constexpr std::size_t kWindowSamples = 512;  // 32 ms, around each 20 ms
constexpr std::size_t kPadded = 1024;        // so that the autocorrelation does not wrap
constexpr std::size_t kBands = 22;
constexpr double kLowestHz = 200, kHighestHz = 3600;
constexpr std::size_t kShortestLag = 16000 / 400, kLongestLag = 16000 / 65;
constexpr std::size_t kFramesMax = 180 * 50;
// Below it no telephone line is quieter, and the log stays finite.
constexpr double kFloorPower = 1e-10;

using Complex = std::complex<float>;

// Radix 2, in place, size `padded`.
void fft(std::array<Complex, kPadded>& data) {
  static auto const twiddles = [] {
    std::array<Complex, kPadded / 2> out;
    for (std::size_t i = 0; i < out.size(); ++i) {
      auto const angle = -2 * std::numbers::pi * static_cast<double>(i) / kPadded;
      out[i] = Complex(static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)));
    }
    return out;
  }();
  for (std::size_t i = 1, j = 0; i < kPadded; ++i) {
    auto bit = kPadded >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(data[i], data[j]);
  }
  for (std::size_t half = 1; half < kPadded; half *= 2) {
    auto const step = kPadded / (2 * half);
    for (std::size_t block = 0; block < kPadded; block += 2 * half) {
      for (std::size_t k = 0; k < half; ++k) {
        auto const& w = twiddles[k * step];
        auto const& b = data[block + half + k];
        Complex const turned(w.real() * b.real() - w.imag() * b.imag(), w.real() * b.imag() + w.imag() * b.real());
        data[block + half + k] = data[block + k] - turned;
        data[block + k] += turned;
      }
    }
  }
}

double mel(double hz) { return 1127 * std::log1p(hz / 700); }

struct Tables {
  std::array<float, kWindowSamples> window;
  std::array<float, kLongestLag + 2> window_correlation;  // 1 at lag 0
  std::array<std::vector<std::pair<std::size_t, float>>, kBands> filters;
  std::array<std::array<float, kBands>, kCepstra> dct;

  Tables() {
    for (std::size_t i = 0; i < kWindowSamples; ++i) {
      window[i] = static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * (i + 0.5) / kWindowSamples));
    }
    for (std::size_t lag = 0; lag < window_correlation.size(); ++lag) {
      double sum = 0;
      for (std::size_t i = 0; i + lag < kWindowSamples; ++i) sum += window[i] * window[i + lag];
      window_correlation[lag] = static_cast<float>(sum);
    }
    auto const whole = window_correlation.front();
    for (auto& value : window_correlation) value /= whole;
    auto const low = mel(kLowestHz), width = (mel(kHighestHz) - low) / (kBands + 1);
    for (std::size_t bin = 1; bin < kPadded / 2; ++bin) {
      auto const at = (mel(16000.0 * static_cast<double>(bin) / kPadded) - low) / width;
      for (std::size_t band = 0; band < kBands; ++band) {
        auto const weight = 1 - std::abs(at - static_cast<double>(band + 1));
        if (weight > 0) filters[band].emplace_back(bin, static_cast<float>(weight));
      }
    }
    for (std::size_t c = 0; c < kCepstra; ++c) {
      for (std::size_t band = 0; band < kBands; ++band) {
        auto const angle = std::numbers::pi * static_cast<double>(c + 1) * (static_cast<double>(band) + 0.5) / kBands;
        dct[c][band] = static_cast<float>(std::cos(angle) * std::sqrt(2.0 / kBands));
      }
    }
  }
};

Tables const& tables() {
  static Tables const known;
  return known;
}

void find_pitch(std::array<Complex, kPadded> const& correlation, VoiceFrame& frame) {
  auto const& shape = tables().window_correlation;
  auto const whole = correlation[0].real();
  if (whole <= 0) return;
  auto const at = [&](std::size_t lag) { return correlation[lag].real() / whole / shape[lag]; };
  float best = 0;
  std::size_t found = 0;
  for (auto lag = kShortestLag; lag <= kLongestLag; ++lag) {
    // A little in favour of short lags: twice the period fits as well.
    auto const value = at(lag) - 0.00035f * static_cast<float>(lag);
    if (value > best && at(lag) >= at(lag - 1) && at(lag) >= at(lag + 1)) {
      best = value;
      found = lag;
    }
  }
  if (found == 0) return;
  frame.periodicity = std::clamp(at(found), 0.0f, 1.0f);
  if (frame.periodicity >= 0.45f) frame.log_pitch = std::log(16000.0f / static_cast<float>(found));
}

VoiceFrame analyse(std::span<float const> window) {
  auto const& table = tables();
  std::array<Complex, kPadded> data{};
  float mean = 0;
  for (auto const sample : window) mean += sample;
  mean /= static_cast<float>(window.size());
  for (std::size_t i = 0; i < window.size(); ++i) data[i] = (window[i] - mean) * table.window[i];
  fft(data);
  std::array<float, kPadded / 2> power{};
  for (std::size_t bin = 0; bin < power.size(); ++bin) power[bin] = std::norm(data[bin]);
  VoiceFrame frame;
  std::array<float, kBands> logs{};
  double total = 0;
  for (std::size_t band = 0; band < kBands; ++band) {
    double sum = kFloorPower;
    for (auto const& [bin, weight] : table.filters[band]) sum += static_cast<double>(weight) * power[bin];
    total += sum;
    logs[band] = static_cast<float>(std::log(sum));
  }
  for (int c = 0; c < kCepstra; ++c) {
    for (std::size_t band = 0; band < kBands; ++band) frame.cepstrum[c] += table.dct[c][band] * logs[band];
  }
  // A full-scale tone gives about window_samples^2 / 16.
  frame.loudness_db = static_cast<float>(10 * std::log10(total * 16 / (kWindowSamples * kWindowSamples)));
  // Power spectrum to autocorrelation; only the band, for noise below it has no pitch.
  for (std::size_t bin = 0; bin < kPadded / 2; ++bin) {
    auto const hz = 16000.0 * static_cast<double>(bin) / kPadded;
    auto const value = hz > 80 && hz < 1600 ? power[bin] : 0.0f;
    data[bin] = value;
    data[bin == 0 ? kPadded / 2 : kPadded - bin] = bin == 0 ? 0.0f : value;
  }
  fft(data);
  find_pitch(data, frame);
  return frame;
}

}  // namespace

void VoiceFrames::push(std::int64_t from, std::span<float const> samples) {
  constexpr auto hop = limits::kFrameSamples;
  if (from != next_) {
    recent_.clear();
    auto const end = base_ + static_cast<std::int64_t>(frames_.size()) * hop;
    bool const near =
        from >= base_ + static_cast<std::int64_t>(first_) * hop && from <= end + 60 * limits::kFrameRateHz;
    if (frames_.size() == first_ || !near) {
      frames_.clear();
      first_ = 0;
      base_ = from;
    }
    // What is pushed again is forgotten, a hole becomes frames that sound like nothing.
    frames_.resize(static_cast<std::size_t>((from - base_) / hop));
  }
  next_ = from + static_cast<std::int64_t>(samples.size());
  recent_.insert(recent_.end(), samples.begin(), samples.end());
  // A frame's window begins with its 20 ms and reaches 12 ms beyond.
  std::array<float, kWindowSamples> window;
  std::size_t begun = 0;
  while (recent_.size() - begun >= kWindowSamples) {
    std::copy_n(recent_.begin() + static_cast<std::ptrdiff_t>(begun), kWindowSamples, window.begin());
    frames_.push_back(analyse(window));
    begun += static_cast<std::size_t>(hop);
  }
  recent_.erase(recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(begun));
  if (frames_.size() - first_ > kFramesMax) first_ = frames_.size() - kFramesMax;
  if (first_ > 500 && first_ * 2 > frames_.size()) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
    base_ += static_cast<std::int64_t>(first_) * hop;
    first_ = 0;
  }
}

std::int64_t VoiceFrames::begin_of(std::int64_t from) const {
  constexpr auto hop = limits::kFrameSamples;
  auto const at = std::max<std::int64_t>(from - base_ + hop / 2 - 1, 0) / hop;
  return base_ + std::clamp(at, static_cast<std::int64_t>(first_), static_cast<std::int64_t>(frames_.size())) * hop;
}

std::span<VoiceFrame const> VoiceFrames::within(std::int64_t from, std::int64_t to) const {
  constexpr auto hop = limits::kFrameSamples;
  auto const first = static_cast<std::size_t>((begin_of(from) - base_) / hop);
  auto const past = std::max(first, static_cast<std::size_t>((begin_of(to) - base_) / hop));
  return std::span(frames_).subspan(first, past - first);
}

void VoiceFrames::forget(std::int64_t from) {
  auto const first = (from - base_) / limits::kFrameSamples;
  if (first > static_cast<std::int64_t>(first_)) {
    first_ = std::min(static_cast<std::size_t>(first), frames_.size());
  }
}

}  // namespace sotto::speech
