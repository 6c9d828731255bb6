#include "adapters/moonshine/lone_digits.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "adapters/moonshine/words.h"

namespace sotto {
namespace {

// What strings of digits are made of; misheard ones too ("thirty" for "three"), each one digit.
constexpr auto kNumbers = std::to_array<std::string_view>(
    {"zero",     "oh",     "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",
     "nine",     "ten",    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
     "nineteen", "twenty", "thirty", "forty",  "fifty",    "sixty",    "seventy", "eighty",  "ninety",    "hundred"});

std::size_t digits_in(std::string_view word) {
  std::string letters;
  std::size_t digits = 0;
  for (unsigned char const c : word) {
    if (std::isdigit(c)) ++digits;
    if (std::isalpha(c)) letters += static_cast<char>(std::tolower(c));
  }
  return digits > 0 ? digits : std::ranges::find(kNumbers, letters) != kNumbers.end() ? 1 : 0;
}

}  // namespace

std::size_t lone_digits(std::string_view text) {
  std::size_t digits = 0, numbers = 0, words = 0;
  std::string apart(text);
  std::ranges::replace(apart, '-', ' ');
  for (auto const word : split_words(apart)) {
    auto const found = digits_in(word);
    digits += found;
    numbers += found > 0 ? 1 : 0;
    words += std::ranges::any_of(word, [](unsigned char c) { return std::isalnum(c); }) ? 1 : 0;
  }
  return 10 * numbers >= 6 * words ? digits : 0;
}

bool wants_digits_read_again(std::string_view text) {
  constexpr std::size_t few = 3;
  return text.empty() || lone_digits(text) >= few;
}

bool digits_read_better(std::string_view first, std::string_view other) {
  auto const theirs = lone_digits(other);
  if (first.empty()) return theirs >= 2;
  auto const ours = lone_digits(first);
  auto const apart = ours > theirs ? ours - theirs : theirs - ours;
  return ours > 0 && theirs > 0 && 5 * apart >= theirs;
}

}  // namespace sotto
