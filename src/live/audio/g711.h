// G.711 and 16-bit PCM to and from linear samples. Tables are built once from the segment rules of ITU-T G.711 (11/88).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "call/audio.h"

namespace sotto::audio {

// Appends one float in [-1, 1] per sample of `bytes` to `out`. bytes.size() is a multiple of the sample size.
void decode(Coding coding, std::span<std::uint8_t const> bytes, std::vector<float>& out);

// The nearest mu-law code of a linear 16-bit sample (for sources of our own: `sotto call`, the demo).
std::uint8_t encode_mulaw(std::int16_t linear);

}  // namespace sotto::audio
