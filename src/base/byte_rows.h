// Dot products of one vector with many, kept as bytes: what nearness of meaning costs. Exact in integers. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sotto::language {

// 1 becomes 127. Components of unit vectors lie in -1..1.
std::int8_t byte_of(float value);
// A unit vector as dot_rows() takes it: byte_of() each, in 16 bits, so that products are added pairwise.
std::vector<std::int16_t> byte_query(std::span<float const> vector);
// A product of dot_rows() of two unit vectors as their cosine is this times it.
inline constexpr float kCosineOfBytes = 1 / (127.0F * 127.0F);

// out[i] = query . row i, for `count` rows of `stride` bytes that lie one behind the other. In registers as wide as the
// processor has.
void dot_rows(std::int16_t const* query, std::int8_t const* rows, std::size_t stride, std::size_t count,
              std::int32_t* out);

}  // namespace sotto::language
