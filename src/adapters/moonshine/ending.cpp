#include "adapters/moonshine/ending.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <ending_weights.h>

#include "base/weights.h"

namespace sotto {
namespace {

// More than half of the ends score above it, and three in ten of the pauses inside turns: on the demo calls .54 and .30.
constexpr double kSure = 0.33;

bool is_number(std::string_view word) {
  constexpr auto numbers =
      std::to_array<std::string_view>({"zero",  "oh",    "one",   "two",     "three",  "four",   "five",   "six",
                                       "seven", "eight", "nine",  "ten",     "eleven", "twelve", "twenty", "thirty",
                                       "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred"});
  return std::ranges::find(numbers, word) != numbers.end();
}

// In lower case without marks; every number is "0".
std::string bare(std::string_view word) {
  std::string letters;
  bool digits = false;
  for (char const c : word) {
    char const lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    digits = digits || (lower >= '0' && lower <= '9');
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '\'') letters += lower;
  }
  return digits || is_number(letters) ? "0" : letters;
}

std::vector<std::string> bare_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    auto const part = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (auto word = bare(part); !word.empty()) words.push_back(std::move(word));
  }
  return words;
}

std::string bucket(std::size_t count) {
  for (auto const most : {0u, 1u, 2u, 3u, 5u, 8u, 12u}) {
    if (count <= most) return std::to_string(most);
  }
  return "more";
}

// What follows the last mark that has words behind it.
std::vector<std::string> last_clause(std::string_view text, std::vector<std::string> const& words) {
  auto const end = text.find_last_not_of(",.?! ");
  text = text.substr(0, end == std::string_view::npos ? 0 : end + 1);
  auto const mark = text.find_last_of(",.?!");
  auto clause = bare_words(mark == std::string_view::npos ? text : text.substr(mark + 1));
  return clause.empty() ? std::vector{words.back()} : clause;
}

std::size_t numbers_at_end(std::vector<std::string> const& words) {
  auto const other = std::find_if(words.rbegin(), words.rend(), [](auto const& word) { return word != "0"; });
  return static_cast<std::size_t>(other - words.rbegin());
}

}  // namespace

double turn_ends(std::string_view text) {
  static Weights const weights = parse_weights(kEndingWeights);
  auto const words = bare_words(text);
  if (words.empty()) return 0.5;
  double sum = 0;
  auto const add = [&](std::string const& feature) { sum += weight_of(weights, feature); };
  auto const clause = last_clause(text, words);
  auto const last = text[text.find_last_not_of(' ')];
  auto const mark = std::string_view(",.?!").contains(last) ? std::string(1, last) : "none";
  add("bias");
  add("last:" + words.back());
  add("first:" + words.front());
  add("words:" + bucket(words.size()));
  add("clause:" + clause.front());
  add("clause words:" + bucket(clause.size()));
  add("digits:" + bucket(numbers_at_end(words)));
  if (words.size() > 1) add("pair:" + words[words.size() - 2] + " " + words.back());
  if (clause.size() > 1) add("clause pair:" + clause[0] + " " + clause[1]);
  add("mark:" + mark);
  add("mark+words:" + mark + bucket(words.size()));
  return 1 / (1 + std::exp(-sum));
}

Ending ending_of(std::string_view text) { return turn_ends(text) >= kSure ? Ending::finished : Ending::open; }

}  // namespace sotto
