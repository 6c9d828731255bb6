// Card numbers in digits as they were dictated: in groups, corrected, repeated, with expiry and code behind them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/numbers/spoken.h"

namespace sotto::language {

// Lengths a network issues for this prefix, and whether the prefix alone says that it is a card.
bool issued(std::string_view digits);         // prefix and length are those of a network
bool may_become_card(std::string_view head);  // the prefix of a card of a network, and shorter than it
std::size_t natural_length(std::string_view head);

struct CardFound {
  std::string digits;
  std::size_t first = 0, last = 0;  // words
  bool sure = false;                // read plainly, of its network's usual length: nothing more belongs to it
};

// `items` of one dictation. `labelled`: it was said to be a card, so that any network's length will do. `elsewhere`: it
// was said to be something else, so that only its plain reading counts.
std::optional<CardFound> find_card(std::vector<Item> const& items, bool labelled, bool elsewhere = false);

// What the items say, read plainly.
std::string plain_digits(std::vector<Item> const& items);

}  // namespace sotto::language
