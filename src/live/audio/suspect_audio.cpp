#include "live/audio/suspect_audio.h"

#include <algorithm>
#include <cmath>

namespace sotto::audio {

namespace {

constexpr std::int64_t kBlock = 320;       // samples of 16 kHz
constexpr std::size_t kKeptBlocks = 3000;  // a minute
constexpr float kLoudest = 1.2589254f;     // 2 dB above full scale: a square wave swings over when it is resampled
constexpr float kStep = 0.7943282f;        // 2 dB
constexpr float kQuietest = 0.0316f;       // 16 steps below
constexpr float kLoud = 1e-4f;             // energy of a frame that can tell anything
constexpr int kLeastFrames = 5;
// The rail is taken for the magnitude that a tenth of the loud samples exceed. Within 2 dB of it lie .10 of a voice's
// samples, of single digits up to .22, of recorded lines that are driven hard and still understood up to .27; .31 to
// .49 of a voice at 30 times the gain, of which half the words are wrong.
constexpr double kExceed = 0.1, kRailShare = 0.3;

float mean_of(std::span<float const> samples) {
  double sum = 0;
  for (auto const sample : samples) sum += static_cast<double>(sample);
  return static_cast<float>(sum / static_cast<double>(std::max<std::size_t>(1, samples.size())));
}

// Without its mean: a constant is no sound.
float energy_of(std::span<float const> samples, float mean) {
  double sum = 0;
  for (auto const sample : samples) sum += std::pow(static_cast<double>(sample - mean), 2);
  return static_cast<float>(sum / static_cast<double>(std::max<std::size_t>(1, samples.size())));
}

// A wave crosses its mean again and again; a step does it once.
bool is_wave(std::span<float const> samples, float mean) {
  int crossings = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) crossings += (samples[i] > mean) != (samples[i - 1] > mean) ? 1 : 0;
  return crossings > 1;
}

// How many samples exceed a magnitude, which is `place` steps below the loudest; between two steps by the line.
double exceeding(std::span<double const> levels, double place) {
  double sum = 0;
  for (std::size_t at = 0; at < levels.size(); ++at)
    sum += levels[at] * std::clamp(place - static_cast<double>(at), 0.0, 1.0);
  return sum;
}

// The share of samples that lie at the rail, of `all`; 0 where the line is too quiet to tell.
double rail_share(std::span<double const> levels, double all) {
  double sum = 0;
  for (std::size_t at = 0; at < levels.size(); ++at) {
    if (sum + levels[at] < kExceed * all) {
      sum += levels[at];
      continue;
    }
    auto const rail = static_cast<double>(at) + (kExceed * all - sum) / levels[at];
    return (exceeding(levels, rail + 1) - exceeding(levels, rail - 1)) / all;
  }
  return 0;
}

}  // namespace

bool SuspectAudio::on_frame(Track track, std::int64_t from, std::span<float const> samples) {
  auto& side = sides_[index(track)];
  auto const number = from / kBlock;
  if (side.blocks.empty()) side.first = number;
  while (side.first + std::ssize(side.blocks) <= number) side.blocks.emplace_back();
  while (side.blocks.size() > kKeptBlocks) side.blocks.pop_front(), ++side.first;
  if (auto* const block = block_of(side, number)) {
    auto const mean = mean_of(samples);
    block->energy = energy_of(samples, mean);
    block->loud_wave = block->energy > kLoud && is_wave(samples, mean);
    for (auto const sample : samples) {
      float const magnitude = std::abs(sample);
      if (!block->loud_wave || magnitude < kQuietest) continue;
      std::size_t level = 0;
      for (float least = kLoudest * kStep; level < kLevels && magnitude < least; ++level) least *= kStep;
      if (level < kLevels && block->levels[level] < UINT8_MAX) ++block->levels[level];
    }
  }
  if (!is_side(track)) return false;
  copies_.append(index(track), from, samples);
  for (auto const& found : copies_.take()) {
    if (auto* const block = block_of(sides_[found.side], found.block)) block->copy = true;
  }
  return copies_.copying(index(track));
}

SuspectAudio::Block* SuspectAudio::block_of(Side& side, std::int64_t number) {
  auto const at = number - side.first;
  return at < 0 || at >= std::ssize(side.blocks) ? nullptr : &side.blocks[static_cast<std::size_t>(at)];
}

SuspectAudio::Verdict SuspectAudio::judge(Track track, std::int64_t from, std::int64_t to) const {
  auto const& side = sides_[index(track)];
  double all = 0, copied = 0, loudest = 0;
  auto const each = [&](auto const& visit) {
    for (auto number = std::max(from / kBlock, side.first); number * kBlock < to; ++number) {
      auto const at = number - side.first;
      if (at >= std::ssize(side.blocks)) return;
      visit(side.blocks[static_cast<std::size_t>(at)]);
    }
  };
  each([&](Block const& block) {
    all += static_cast<double>(block.energy);
    if (block.copy) copied += static_cast<double>(block.energy);
    if (block.loud_wave) loudest = std::max(loudest, static_cast<double>(block.energy));
  });
  if (all > 0 && copied > all / 2) return Verdict::copy;
  int loud = 0;
  std::array<double, kLevels> levels{};
  each([&](Block const& block) {
    if (!block.loud_wave || static_cast<double>(block.energy) < loudest / 16) return;
    ++loud;
    for (std::size_t at = 0; at < kLevels; ++at) levels[at] += block.levels[at];
  });
  bool const railed = loud >= kLeastFrames && rail_share(levels, static_cast<double>(loud * kBlock)) > kRailShare;
  return railed ? Verdict::distorted : Verdict::good;
}

}  // namespace sotto::audio
