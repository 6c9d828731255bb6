#include "base/byte_rows.h"

#include <cmath>

#include "base/each_width.h"

namespace sotto::language {

namespace {

// Clang multiplies 16-bit numbers pairwise here (vpmaddwd).
SOTTO_EACH_WIDTH void dot(std::int16_t const* query, std::int8_t const* rows, std::size_t stride, std::size_t count,
                          std::int32_t* out) {
  for (std::size_t row = 0; row < count; ++row) {
    std::int8_t const* const values = rows + row * stride;
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < stride; ++i) sum += static_cast<std::int32_t>(query[i]) * values[i];
    out[row] = sum;
  }
}

}  // namespace

std::int8_t byte_of(float value) { return static_cast<std::int8_t>(std::lround(value * 127)); }

std::vector<std::int16_t> byte_query(std::span<float const> vector) {
  std::vector<std::int16_t> out;
  out.reserve(vector.size());
  for (float const value : vector) out.push_back(byte_of(value));
  return out;
}

void dot_rows(std::int16_t const* query, std::int8_t const* rows, std::size_t stride, std::size_t count,
              std::int32_t* out) {
  dot(query, rows, stride, count, out);
}

}  // namespace sotto::language
