#include "adapters/moonshine/listening.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace sotto {
namespace {

constexpr std::size_t kLanes = 4;  // heads are 36 and 52 wide
// The frames lie this much later than what they tell of: found on the demo calls.
constexpr std::int64_t kLate = kEncoderFrame;
constexpr std::int64_t kStep = 160;  // 10 ms

float product(float const* a, float const* b, std::size_t width) {
  std::array<float, kLanes> sums{};
  std::size_t at = 0;
  for (; at + kLanes <= width; at += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[at + lane] * b[at + lane];
  }
  auto sum = sums[0] + sums[1] + sums[2] + sums[3];
  for (; at < width; ++at) sum += a[at] * b[at];
  return sum;
}

// Of each 10 ms, whether it is loud enough to be speech: within 30 dB of what is loud here, and 6 above what is quiet.
std::vector<bool> loud_steps(std::span<float const> audio) {
  std::vector<float> levels;
  for (std::size_t at = 0; at < audio.size(); at += kStep) {
    auto const step = audio.subspan(at, std::min<std::size_t>(kStep, audio.size() - at));
    float sum = 0;
    for (auto const sample : step) sum += sample * sample;
    levels.push_back(10 * std::log10(sum / static_cast<float>(step.size()) + 1e-9f));
  }
  std::vector<bool> loud;
  if (levels.empty()) return loud;
  auto sorted = levels;
  std::ranges::sort(sorted);
  auto const high = sorted[sorted.size() * 95 / 100], low = sorted[sorted.size() * 5 / 100];
  auto const least = std::max(high - 30, low + 6);
  for (auto const level : levels) loud.push_back(level > least);
  return loud;
}

// Without the silence at both edges; whole where it is silent throughout.
Span without_silence(Span span, std::vector<bool> const& loud) {
  auto const steps = static_cast<std::int64_t>(loud.size());
  auto first = span.from / kStep, last = std::min(steps, (span.to + kStep - 1) / kStep);
  while (first < last && !loud[static_cast<std::size_t>(first)]) ++first;
  if (first >= last) return span;
  while (!loud[static_cast<std::size_t>(last - 1)]) --last;
  return {std::max(span.from, first * kStep), std::min(span.to, last * kStep)};
}

}  // namespace

void Listening::add(std::span<float const> queries, std::size_t stride, std::span<float const> keys,
                    std::size_t width) {
  auto const scale = 1 / std::sqrt(static_cast<float>(width));
  std::vector<float> row(frames_);
  for (std::size_t at = 0; at < rows_; ++at) {
    for (std::size_t frame = 0; frame < frames_; ++frame) {
      row[frame] = scale * product(queries.data() + at * stride, keys.data() + frame * width, width);
    }
    auto const most = *std::ranges::max_element(row);
    float sum = 0;
    for (auto& value : row) sum += value = std::exp(value - most);
    for (std::size_t frame = 0; frame < frames_; ++frame) weights_[at * frames_ + frame] += row[frame] / sum;
  }
}

std::vector<std::size_t> Listening::way() const {
  if (rows_ == 0 || rows_ > frames_) return {};
  // best[r]: of all ways whose newest frame is in row r; entered[r, f]: whether the best one came from the row before.
  std::vector<float> best(rows_, -std::numeric_limits<float>::infinity());
  std::vector<char> entered(rows_ * frames_);
  best[0] = weights_[0];
  for (std::size_t frame = 1; frame < frames_; ++frame) {
    for (std::size_t row = std::min(frame, rows_ - 1); row > 0; --row) {
      bool const enters = best[row - 1] > best[row];
      entered[row * frames_ + frame] = enters ? 1 : 0;
      best[row] = (enters ? best[row - 1] : best[row]) + weights_[row * frames_ + frame];
    }
    best[0] += weights_[frame];
  }
  std::vector<std::size_t> way(rows_ + 1);
  way[rows_] = frames_;
  auto frame = frames_ - 1;
  for (std::size_t row = rows_ - 1; row > 0; --row) {
    while (frame > row && entered[row * frames_ + frame] == 0) --frame;
    way[row] = frame--;
  }
  way[0] = 0;
  return way;
}

std::vector<Span> spans_of_words(std::span<std::size_t const> way, std::size_t first, std::span<TokenRange const> words,
                                 std::span<float const> audio) {
  std::vector<Span> spans;
  auto const length = static_cast<std::int64_t>(audio.size());
  auto const sample = [&](std::size_t row) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(way[row]) * kEncoderFrame - kLate, 0, length);
  };
  auto const loud = loud_steps(audio);
  for (auto const [from, to] : words) {
    if (first + to >= way.size()) return {};
    spans.push_back(without_silence({sample(first + from), sample(first + to)}, loud));
  }
  return spans;
}

std::vector<bool> said_nowhere(std::span<Span const> words) {
  constexpr std::size_t least = 4;
  constexpr std::int64_t a_word = 640, slack = 320;  // 40 and 20 ms
  std::vector<bool> out(words.size());
  for (std::size_t from = 0; from < words.size();) {
    auto to = from;
    while (to < words.size() && words[to].to - words[to].from <= 2 * a_word &&
           words[to].to - words[from].from <= a_word * static_cast<std::int64_t>(to - from + 1) + slack) {
      ++to;
    }
    if (to - from >= least) {
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(from), out.begin() + static_cast<std::ptrdiff_t>(to), true);
      from = to;
    } else {
      ++from;
    }
  }
  return out;
}

}  // namespace sotto
