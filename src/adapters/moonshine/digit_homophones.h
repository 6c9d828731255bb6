// "nine to six three": English words that sound as a digit, written inside a string of digits. The speech model writes
// what is commoner where the sound is the same; here is the other reading, for the model to say how much less likely
// it finds it. Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "adapters/moonshine/tokens.h"

namespace sotto {

// Words (places in MoonshineTokens::words) that sound as a digit and stand in, or before, a string of at least three
// others.
std::vector<std::size_t> digit_homophones(MoonshineTokens const& tokens, std::span<Token const> heard);

// The same tokens with digits for these words: as figures where their neighbours are figures, else as names.
std::vector<Token> with_digits_at(MoonshineTokens const& tokens, std::span<Token const> heard,
                                  std::span<std::size_t const> words);

}  // namespace sotto
