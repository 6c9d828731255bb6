#include "live/audio/g711.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

namespace sotto::audio {

namespace {

// G.711 table 2a: sign, 3 bits of segment, 4 bits of step; all bits inverted on the line; bias 33 << 2.
constexpr std::int16_t mulaw_to_linear(std::uint8_t code) {
  code = static_cast<std::uint8_t>(~code);
  int const magnitude = (((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4);
  return static_cast<std::int16_t>((code & 0x80) ? 0x84 - magnitude : magnitude - 0x84);
}

// G.711 table 1a: even bits inverted on the line; segment 0 is linear.
constexpr std::int16_t alaw_to_linear(std::uint8_t code) {
  code ^= 0x55;
  int const segment = (code & 0x70) >> 4;
  int magnitude = ((code & 0x0F) << 4) + 8;
  if (segment > 0) magnitude = (magnitude + 0x100) << (segment - 1);
  return static_cast<std::int16_t>((code & 0x80) ? magnitude : -magnitude);
}

constexpr auto kMulaw = [] {
  std::array<float, 256> table{};
  for (int code = 0; code < 256; ++code) table[code] = mulaw_to_linear(static_cast<std::uint8_t>(code)) / 32768.0f;
  return table;
}();

constexpr auto kAlaw = [] {
  std::array<float, 256> table{};
  for (int code = 0; code < 256; ++code) table[code] = alaw_to_linear(static_cast<std::uint8_t>(code)) / 32768.0f;
  return table;
}();

}  // namespace

void decode(Coding coding, std::span<std::uint8_t const> bytes, std::vector<float>& out) {
  if (coding == Coding::pcm_s16le) {
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
      out.push_back(static_cast<std::int16_t>(bytes[i] | bytes[i + 1] << 8) / 32768.0f);
    }
    return;
  }
  auto const& table = coding == Coding::mulaw ? kMulaw : kAlaw;
  for (auto const code : bytes) out.push_back(table[code]);
}

std::uint8_t encode_mulaw(std::int16_t linear) {
  constexpr int kBias = 0x84;
  int const magnitude = std::min(std::abs(static_cast<int>(linear)), 32635) + kBias;
  int const segment = std::bit_width(static_cast<unsigned>(magnitude)) - 8;
  int const step = (magnitude >> (segment + 3)) & 0x0F;
  return static_cast<std::uint8_t>(~((linear < 0 ? 0x80 : 0) | segment << 4 | step));
}

}  // namespace sotto::audio
