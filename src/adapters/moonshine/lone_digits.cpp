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

constexpr auto kDigitNames = std::span(kNumbers).first<11>();
// Speech that the larger model knows has -0.02 to -0.35; strings of digits that it writes as words less.
constexpr float kUnsure = -0.4f;
// Said between numbers.
constexpr auto kBetween =
    std::to_array<std::string_view>({"double", "treble", "triple", "and", "thousand", "nought", "o"});

std::string letters_of(std::string_view word) {
  std::string letters;
  for (unsigned char const c : word) {
    if (std::isalpha(c)) letters += static_cast<char>(std::tolower(c));
  }
  return letters;
}

std::size_t digits_in(std::string_view word) {
  auto const letters = letters_of(word);
  auto const digits =
      static_cast<std::size_t>(std::ranges::count_if(word, [](unsigned char c) { return std::isdigit(c) != 0; }));
  return digits > 0 ? digits : std::ranges::find(kNumbers, letters) != kNumbers.end() ? 1 : 0;
}

std::string without_hyphens(std::string_view text) {
  std::string apart(text);
  std::ranges::replace(apart, '-', ' ');
  return apart;
}

bool says_something(std::string_view word) {
  return std::ranges::any_of(word, [](unsigned char c) { return std::isalnum(c) != 0; });
}

// Not one word is anything else.
bool all_numbers(std::string_view text) {
  auto const apart = without_hyphens(text);
  auto const number = [](std::string_view word) {
    return !says_something(word) || digits_in(word) > 0 ||
           std::ranges::find(kBetween, letters_of(word)) != kBetween.end();
  };
  return lone_digits(text) > 0 && std::ranges::all_of(split_words(apart), number);
}

}  // namespace

std::size_t lone_digits(std::string_view text) {
  std::size_t digits = 0, numbers = 0, words = 0;
  auto const apart = without_hyphens(text);
  for (auto const word : split_words(apart)) {
    auto const found = digits_in(word);
    digits += found;
    numbers += found > 0 ? 1 : 0;
    words += says_something(word) ? 1 : 0;
  }
  return 10 * numbers >= 6 * words ? digits : 0;
}

bool may_be_digits(Heard const& first) {
  return first.text.empty() || first.score < kUnsure || all_numbers(first.text);
}

bool digits_heard_better(Heard const& first, Heard const& digits) {
  // Held to digits, the model finds less than the first in anything else that is as long as three of them. Words that
  // somebody may have said give way to what is surely digits alone.
  constexpr float may_be = -1.5f, surely = -1.0f, not_much_less = 0.5f;
  constexpr std::size_t few = 3;
  auto const count = lone_digits(digits.text);
  if (first.text.empty()) return count > 0 && digits.score >= may_be;
  if (count < few || digits.score < may_be) return false;
  if (all_numbers(first.text)) return digits.score > first.score;
  return digits.score >= surely && digits.score > first.score - not_much_less;
}

bool words_where_none(Heard const& other) {
  constexpr float sure = -0.8f;
  return !other.text.empty() && other.score > sure;
}

std::vector<bool> digit_tokens(MoonshineTokens const& tokens) {
  std::vector<bool> out(tokens.size());
  for (std::size_t id = 0; id < out.size(); ++id) {
    auto const token = static_cast<Token>(id);
    auto const text = tokens.text(std::span(&token, 1));
    auto const letters = letters_of(text);
    bool const digit = text.size() == 1 && std::isdigit(static_cast<unsigned char>(text[0]));
    bool const name = letters.size() == text.size() && std::ranges::find(kDigitNames, letters) != kDigitNames.end();
    out[id] = digit || name || text == "," || text == "." || text == "-";
  }
  return out;
}

}  // namespace sotto
