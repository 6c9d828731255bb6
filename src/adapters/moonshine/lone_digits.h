// Strings of digits that stand alone, such as a card number being read out: the larger model, better everywhere else,
// leaves them out or counts on. Where it may have, the smaller one is asked too. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace sotto {

// How many digits a text of little else says: "four two", "42" and "4, 2" are two. 0: less than six in ten words are
// numbers.
std::size_t lone_digits(std::string_view text);

// Whether another reading of the same sound is worth its time.
bool wants_digits_read_again(std::string_view text);

// Whether the other model's reading is the better one: there are digits where the first has no words, or theirs are a
// fifth more or fewer.
bool digits_read_better(std::string_view first, std::string_view other);

}  // namespace sotto
