#include "language/numbers/iban.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace sotto::language {
namespace {

// Of the registry of ISO 13616, as SWIFT publishes it.
constexpr std::pair<std::string_view, std::size_t> kLengths[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22}, {"BH", 22},
    {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DK", 18}, {"DO", 28},
    {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23},
    {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26},
    {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20},
    {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MR", 27}, {"MT", 31}, {"MU", 30},
    {"NL", 18}, {"NO", 15}, {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22},
    {"SA", 24}, {"SC", 31}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"ST", 25}, {"SV", 28}, {"TL", 23},
    {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}};

char upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return upper(c) >= 'A' && upper(c) <= 'Z'; }

bool has_head(std::string_view text) {
  return text.size() >= 4 && letter(text[0]) && letter(text[1]) && digit(text[2]) && digit(text[3]);
}

}  // namespace

std::size_t iban_length(std::string_view country) {
  if (country.size() < 2) return 0;
  char const wanted[] = {upper(country[0]), upper(country[1])};
  auto const found =
      std::ranges::find(kLengths, std::string_view(wanted, 2), [](auto const& one) { return one.first; });
  return found == std::end(kLengths) ? 0 : found->second;
}

bool iban(std::string_view text) {
  if (text.size() < kIbanMin || text.size() > kIbanMax || !has_head(text)) return false;
  if (auto const length = iban_length(text); length != 0 && length != text.size()) return false;
  int rest = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const c = upper(text[(i + 4) % text.size()]);
    if (digit(c)) rest = (rest * 10 + (c - '0')) % 97;
    else if (letter(c)) rest = (rest * 100 + (c - 'A' + 10)) % 97;
    else return false;
  }
  return rest == 1;
}

bool begins_iban(std::string_view text) { return has_head(text) && text.size() < iban_length(text); }

}  // namespace sotto::language
