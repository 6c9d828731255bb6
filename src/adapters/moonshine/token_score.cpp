#include "adapters/moonshine/token_score.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "base/each_width.h"

namespace sotto {
namespace {

constexpr std::size_t kLanes = 16;

// e^x without a branch, so that the compiler can work out many at once: the whole power of two by the bits of the
// exponent, the rest by a polynomial (that of Taylor, on half a power to both sides).
float exponential(float x) {
  constexpr float log2_e = 1.44269504f;
  constexpr float to_whole = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number in the low bits
  auto const power = std::clamp(x * log2_e, -126.0f, 126.0f);
  auto const shifted = power + to_whole;
  auto const rest = power - (shifted - to_whole);
  auto value = 1.3333558e-3f * rest + 9.6181291e-3f;
  value = value * rest + 5.5504109e-2f;
  value = value * rest + 2.4022651e-1f;
  value = value * rest + 6.9314718e-1f;
  value = value * rest + 1.0f;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) + (std::bit_cast<std::uint32_t>(shifted) << 23));
}

}  // namespace

SOTTO_EACH_WIDTH TokenScore score_of(std::span<float const> logits, std::size_t token) {
  // Against the token's own logit: it is the greatest but for what keyterms and known words raise.
  auto const own = logits[token];
  std::array<float, kLanes> sums{}, weighted{};
  std::size_t at = 0;
  for (; at + kLanes <= logits.size(); at += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      auto const apart = logits[at + lane] - own;
      auto const share = exponential(apart);
      sums[lane] += share;
      weighted[lane] += share * apart;
    }
  }
  auto sum = std::accumulate(sums.begin(), sums.end(), 0.0f);
  auto mean = std::accumulate(weighted.begin(), weighted.end(), 0.0f);
  for (; at < logits.size(); ++at) {
    auto const share = exponential(logits[at] - own);
    sum += share;
    mean += share * (logits[at] - own);
  }
  auto const total = std::log(sum);
  return {.log_probability = -total, .entropy = std::max(0.0f, total - mean / sum)};
}

}  // namespace sotto
