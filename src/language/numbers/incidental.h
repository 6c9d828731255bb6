// Digits that count, date or time something and so begin no number that is dictated: "two weeks", "may third", "12
// Maple Street", "one moment".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "language/numbers/spoken.h"

namespace sotto::language {

// A word and what is known of it; views of what outlives it.
struct SaidWord {
  std::string_view text, folded;
  std::uint64_t final = 0;  // words of one final have the same
  bool numeric = false;     // numeric(its lexemes)
};

bool numeric(std::vector<Lexeme> const& lexemes);

// Such digits among `items`, read of `words`, become Item::Kind::other; a count that may be a digit becomes `maybe`.
void mark_incidental(std::vector<SaidWord> const& words, std::vector<Item>& items);

}  // namespace sotto::language
