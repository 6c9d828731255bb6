// Strings of digits that stand alone, such as a card number being read out: the larger model, better everywhere else,
// leaves them out, writes other words for them or counts on. Where it may have, the smaller one is asked too, held to
// digits; how likely it finds what it must say then tells whether digits were said at all. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "adapters/moonshine/tokens.h"

namespace sotto {

// How many digits a text of little else says: "four two", "42" and "4, 2" are two. 0: less than six in ten words are
// numbers.
std::size_t lone_digits(std::string_view text);

// A reading, and how likely its model finds it (Decoding::score).
struct Heard {
  std::string_view text;
  float score = 0;
};

// Whether a reading that is held to digits is worth its time.
bool may_be_digits(Heard const& first);

// Whether it is the better one. Where the first is all numbers too, that is the likelier.
bool digits_heard_better(Heard const& first, Heard const& digits);

// Whether another model's words may stand where the first has none.
bool words_where_none(Heard const& other);

// Of the vocabulary: digits, their names, and the marks between them.
std::vector<bool> digit_tokens(MoonshineTokens const& tokens);

}  // namespace sotto
