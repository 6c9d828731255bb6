#include "live/audio/copies.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sotto::audio {

namespace {

constexpr std::int64_t kSlowdown = 4, kBlock = 80;  // 4 kHz: where a voice has its strength; 20 ms of it
constexpr std::int64_t kWindow = 400;               // 100 ms
constexpr int kNear = 128;                          // 32 ms, to either side: clocks of two tracks differ
constexpr int kFar = 1600;                          // 400 ms
constexpr std::int64_t kKept = 8000;
constexpr std::int64_t kSearchEvery = 5;  // blocks: the windows of two searches do not overlap
// Loudness: one value in 10 ms, over 0.6 s; two places where it agrees are looked at as waves, 15 ms to either side.
constexpr std::int64_t kStep = 40, kSteps = 60;
constexpr int kAround = 60, kPlaces = 2, kApart = 4;
constexpr double kAgrees = 0.5;
// Two voices at once agree to some 0.7 at their best lag; a copy through mu-law 30 dB down to 0.9.
constexpr double kAlike = 0.8, kSure = 0.9, kSame = 0.97;
// A copy is quieter; what is as loud is the same channel twice.
constexpr double kQuieter = 0.7;
constexpr double kSilence = 5e-4;  // root mean square, full scale 1: two steps of mu-law; below it nobody is heard
// Of the last searches so many must agree on the lag before it is believed.
constexpr std::size_t kLastSearches = 8;
constexpr int kAgree = 3, kLagSlack = 3;
constexpr int kAtOnce = 8;  // 2 ms: neither is later

// Without its mean: a constant is no sound.
void centre(std::vector<float>& samples) {
  double sum = 0;
  for (auto const sample : samples) sum += static_cast<double>(sample);
  auto const mean = static_cast<float>(sum / static_cast<double>(std::max<std::size_t>(1, samples.size())));
  for (auto& sample : samples) sample -= mean;
}

double energy_of(std::span<float const> samples) {
  double sum = 0;
  for (auto const sample : samples) sum += static_cast<double>(sample) * static_cast<double>(sample);
  return sum;
}

double rms_of(std::span<float const> samples) {
  return samples.empty() ? 0 : std::sqrt(energy_of(samples) / static_cast<double>(samples.size()));
}

// In eight sums at once: this is what runs on the calls' loop.
float product_of(std::span<float const> a, float const* b) {
  std::array<float, 8> sums{};
  std::size_t i = 0;
  for (; i + sums.size() <= a.size(); i += sums.size())
    for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += a[i + lane] * b[i + lane];
  float product = 0;
  for (; i < a.size(); ++i) product += a[i] * b[i];
  for (auto const sum : sums) product += sum;
  return product;
}

// The correlation of `a` with each place of `b`; 0 where `b` is below `silence`.
std::vector<double> correlations(std::span<float const> a, std::span<float const> b, double silence) {
  std::vector<double> out;
  double const energy_a = energy_of(a), least = silence * silence * static_cast<double>(a.size());
  double energy_b = energy_of(b.first(a.size()));
  for (std::size_t shift = 0; shift + a.size() <= b.size(); ++shift) {
    double const scale = std::sqrt(energy_a * std::max(energy_b, 1e-12));
    bool const heard = energy_a > 0 && energy_b > least;
    out.push_back(heard ? static_cast<double>(product_of(a, &b[shift])) / scale : 0);
    if (shift + a.size() < b.size())
      energy_b += std::pow(static_cast<double>(b[shift + a.size()]), 2) - std::pow(static_cast<double>(b[shift]), 2);
  }
  return out;
}

}  // namespace

// Positions that were not heard stand as silence.
void Copies::append(std::size_t number, std::int64_t from, std::span<float const> samples) {
  auto& side = sides_[number];
  auto const slow_from = from / kSlowdown;
  if (side.begin < 0 || slow_from < side.end() || slow_from - side.end() > kKept) {
    side.slow.clear();
    side.begin = slow_from;
  }
  side.slow.resize(static_cast<std::size_t>(slow_from - side.begin), 0.0f);
  for (std::size_t i = 0; i + kSlowdown <= samples.size(); i += kSlowdown)
    side.slow.push_back((samples[i] + samples[i + 1] + samples[i + 2] + samples[i + 3]) / 4);
  while (std::ssize(side.slow) > kKept) side.slow.pop_front(), ++side.begin;
  compare();
}

std::vector<Copies::Found> Copies::take() { return std::exchange(found_, {}); }

// Every block once, as soon as both sides have what ends with it and what lies around it for the lag.
void Copies::compare() {
  auto const& [one, other] = sides_;
  if (one.begin < 0 || other.begin < 0) return;
  auto const ready = (std::min(one.end(), other.end()) - kNear) / kBlock;
  auto const possible = (std::max(one.begin, other.begin) + kWindow + kNear) / kBlock + 1;
  for (compared_ = std::max(compared_, possible); compared_ < ready; ++compared_) compare(compared_);
}

void Copies::compare(std::int64_t block) {
  for (std::size_t number = 0; number < 2; ++number) {
    auto& side = sides_[number];
    auto const lag = side.known_lag == kNone ? kNone : follow(number, block);
    side.copying = lag != kNone;
    if (!side.copying) continue;
    side.known_lag = lag;  // clocks drift
    mark(number, block);
  }
  bool const either = sides_[0].copying || sides_[1].copying;  // who is copied does not copy
  if (!either && block % kSearchEvery == 0) search(block);
}

// What was not heard, or is not kept, is silence.
std::vector<float> Copies::window(Side const& side, std::int64_t from, std::int64_t to) const {
  std::vector<float> out(static_cast<std::size_t>(to - from), 0.0f);
  auto const begin = std::max(from, side.begin), end = std::min(to, side.end());
  if (begin < end)
    std::copy(side.slow.begin() + (begin - side.begin), side.slow.begin() + (end - side.begin),
              out.begin() + (begin - from));
  centre(out);
  return out;
}

Copies::Match Copies::match(std::size_t number, std::int64_t to, int least, int most) {
  auto const here = window(sides_[number], to - kWindow, to);
  if (rms_of(here) <= kSilence) return {};
  auto const there = window(sides_[1 - number], to - kWindow - most, to - least);
  auto const found = correlations(here, there, kSilence);
  cost_ += std::ssize(found) * kWindow;
  Match best;
  for (std::size_t shift = 0; shift < found.size(); ++shift) {
    if (std::abs(found[shift]) <= best.correlation) continue;
    auto const level = rms_of(std::span(there).subspan(shift, kWindow));
    best = {std::abs(found[shift]), most - static_cast<int>(shift), level};
  }
  return best;
}

std::vector<float> Copies::loudness(Side const& side, std::int64_t to, std::int64_t steps) const {
  auto const samples = window(side, to - steps * kStep, to);
  std::vector<float> out;
  for (std::int64_t at = 0; at < steps; ++at)
    out.push_back(static_cast<float>(rms_of(std::span(samples).subspan(static_cast<std::size_t>(at * kStep), kStep))));
  return out;
}

// Two places where the loudness agrees best, then the waves around them.
Copies::Match Copies::far_match(std::size_t number, std::int64_t to) {
  constexpr std::int64_t kLags = kFar / kStep;
  auto here = loudness(sides_[number], to, kSteps);
  auto there = loudness(sides_[1 - number], to, kSteps + kLags);
  cost_ += (2 * kSteps + kLags) * kStep;
  centre(here);
  centre(there);
  auto agree = correlations(here, there, 0);  // of place k: a lag of kLags - k steps
  cost_ += std::ssize(agree) * kSteps;
  Match best;
  for (int place = 0; place < kPlaces; ++place) {
    auto const top = std::ranges::max_element(agree);
    if (*top < kAgrees) break;
    auto const at = top - agree.begin();
    auto const lag = static_cast<int>((kLags - at) * kStep);
    auto const found = match(number, to, std::max(kNear, lag - kAround), std::max(kNear, lag + kAround));
    if (found.correlation > best.correlation) best = found;
    for (auto near = std::max<std::ptrdiff_t>(0, at - kApart); near < std::min(std::ssize(agree), at + kApart); ++near)
      agree[static_cast<std::size_t>(near)] = -1;
  }
  return best;
}

// Where both are the same and neither is later nobody can say who spoke: it is heard once, on the first side.
bool Copies::is_copy(std::size_t number, double level, Match const& found) const {
  if (found.correlation < kAlike) return false;
  if (level < kQuieter * found.level) return true;
  bool const later = found.lag > kAtOnce || (found.lag >= -kAtOnce && number == 1);
  return later && found.correlation >= kSame && found.level >= kQuieter * level;
}

// The lag of a copy on the known path, or kNone.
int Copies::follow(std::size_t number, std::int64_t block) {
  auto const& side = sides_[number];
  auto const to = (block + 1) * kBlock;
  auto const found = match(number, to, side.known_lag - kLagSlack, side.known_lag + kLagSlack);
  if (!is_copy(number, rms_of(window(side, to - kWindow, to)), found)) return kNone;
  return found.correlation >= kSure ? found.lag : side.known_lag;
}

void Copies::search(std::int64_t block) {
  auto const to = (block + 1) * kBlock;
  std::array<double, 2> level{};
  for (std::size_t side = 0; side < 2; ++side) level[side] = rms_of(window(sides_[side], to - kWindow, to));
  // Near, the same for both sides.
  auto const near = match(1, to, -kNear, kNear);
  auto const mirrored = Match{near.correlation, -near.lag, level[1]};
  std::array const found{is_copy(0, near.level, mirrored), is_copy(1, level[1], near)};
  for (std::size_t side = 0; side < 2; ++side) {
    if (level[side] <= kSilence) continue;
    if (found[side]) {
      note(side, block, side == 1 ? near.lag : -near.lag);
      continue;
    }
    auto const far = found[1 - side] ? Match{} : far_match(side, to);
    note(side, block, is_copy(side, level[side], far) ? far.lag : kNone);
  }
}

void Copies::note(std::size_t number, std::int64_t block, int lag) {
  auto& side = sides_[number];
  side.lags.push_back(lag);
  if (side.lags.size() > kLastSearches) side.lags.pop_front();
  auto const near = [lag](int other) { return other != kNone && std::abs(other - lag) <= kLagSlack; };
  if (lag == kNone || std::ranges::count_if(side.lags, near) < kAgree) return;
  side.known_lag = lag;
  side.copying = true;
  // With what is kept of the time in which it became sure.
  auto const first = std::max(side.begin, sides_[1 - number].begin) + kWindow + std::max(lag, 0);
  for (auto at = first / kBlock + 1; at <= block; ++at) {
    if (follow(number, at) != kNone) mark(number, at);
  }
}

// All of the window that ends with it.
void Copies::mark(std::size_t number, std::int64_t block) {
  for (auto at = std::max<std::int64_t>(0, block - kWindow / kBlock + 1); at <= block; ++at)
    found_.push_back({number, at});
}

}  // namespace sotto::audio
