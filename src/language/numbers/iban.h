// International bank account numbers: ISO 13616 (the lengths of its registry) and ISO 7064 (mod 97-10).
#pragma once

#include <cstddef>
#include <string_view>

namespace sotto::language {

inline constexpr std::size_t kIbanMin = 15, kIbanMax = 34;

// Length of the IBANs of a country, "DE" in either case; 0: it has none that are known here.
std::size_t iban_length(std::string_view country);
// Whether letters and digits without gaps are one: the length of its country where that is known, and mod 97.
bool iban(std::string_view text);
// Whether they are how one begins: a country, two check digits, and shorter than it.
bool begins_iban(std::string_view text);

}  // namespace sotto::language
