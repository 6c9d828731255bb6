// The code of a card that nobody names: who reads out a card says when it ends, and then three digits (four of a
// card of fifteen). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/numbers/number_context.h"
#include "language/numbers/spoken.h"

namespace sotto::language {

// Does it say a month and a year of 2012 to 2049: "1129", "229", "112029"?
bool is_expiry(std::string_view digits);

// Words [first, last] of what was said, folded, in talk about a card: so many digits that stand alone behind a month
// and a year, a few words between them at most. Nothing where they are named as something else.
std::optional<std::pair<std::size_t, std::size_t>> code_behind_expiry(std::vector<std::string> const& folded,
                                                                      std::vector<Item> const& items,
                                                                      std::vector<ContextMention> const& contexts,
                                                                      std::size_t code_digits);

}  // namespace sotto::language
