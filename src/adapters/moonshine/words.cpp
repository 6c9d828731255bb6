#include "adapters/moonshine/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace sotto {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    auto const begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    auto const end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string bare(std::string_view word) {
  std::string letters;
  for (unsigned char const c : word) {
    if (std::isalnum(c) || c == '\'' || c >= 0x80) letters += static_cast<char>(std::tolower(c));
  }
  return letters;
}

std::int64_t total(std::vector<Span> const& spans) {
  std::int64_t samples = 0;
  for (auto const& span : spans) samples += span.to - span.from;
  return samples;
}

// The position that lies `offset` samples into the spans laid end to end.
std::int64_t position_in(std::vector<Span> const& spans, std::int64_t offset, bool as_end) {
  for (auto const& span : spans) {
    auto const length = span.to - span.from;
    if (offset < length || (as_end && offset == length)) return span.from + offset;
    offset -= length;
  }
  return spans.back().to;
}

// Sorted. Words after which nobody stops.
constexpr auto hanging = std::to_array<std::string_view>(
    {"a",     "about", "actually", "also",    "although", "am",     "an",   "and",   "any",   "are",
     "as",    "at",    "be",       "because", "been",     "but",    "by",   "can",   "can't", "could",
     "don't", "each",  "every",    "for",     "from",     "get",    "got",  "had",   "has",   "have",
     "he",    "his",   "i",        "i'd",     "i'll",     "i'm",    "i've", "if",    "in",    "into",
     "is",    "it's",  "just",     "may",     "maybe",    "might",  "my",   "of",    "on",    "or",
     "our",   "she",   "should",   "some",    "than",     "that's", "the",  "their", "they",  "they're",
     "to",    "uh",    "um",       "until",   "very",     "was",    "we",   "we'll", "we're", "were",
     "when",  "where", "which",    "while",   "who",      "will",   "with", "would", "your"});

// Sorted. Short replies that are whole by themselves. Not "yes", "okay" or "perfect": more follows as often as not.
constexpr auto closings = std::to_array<std::string_view>({"bye", "goodbye", "thanks", "welcome"});

static_assert(std::ranges::is_sorted(hanging) && std::ranges::is_sorted(closings));

// Numbers are read out in groups, with pauses between.
bool is_digit_word(std::string_view word) {
  constexpr auto digits = std::to_array<std::string_view>(
      {"eight", "five", "four", "nine", "oh", "one", "seven", "six", "three", "two", "zero"});
  bool const figure = !word.empty() && std::isdigit(static_cast<unsigned char>(word.back()));
  return figure || std::ranges::binary_search(digits, word);
}

}  // namespace

std::vector<RecognizedWord> estimate_words(std::string_view text, std::vector<Span> const& voiced, Span whole) {
  std::vector<RecognizedWord> words;
  auto const spans = voiced.empty() ? std::vector<Span>{whole} : voiced;
  auto const samples = total(spans);
  auto const parts = split(text);
  std::int64_t letters = 0;
  for (auto const part : parts) letters += static_cast<std::int64_t>(part.size()) + 1;
  std::int64_t before = 0;
  for (auto const part : parts) {
    auto const after = before + static_cast<std::int64_t>(part.size()) + 1;
    words.push_back({.text = std::string(part),
                     .from = position_in(spans, samples * before / letters, false),
                     .to = position_in(spans, samples * after / letters, true)});
    before = after;
  }
  return words;
}

Ending ending_of(std::string_view text) {
  auto const parts = split(text);
  if (parts.empty()) return Ending::open;
  auto const last = bare(parts.back());
  bool const hangs = std::ranges::binary_search(hanging, last) || is_digit_word(last);
  // "Which bank is it from?"
  if (hangs) return text.back() == '?' ? Ending::open : Ending::hanging;
  bool const sentence = std::string_view(".?!").contains(text.back()) && !text.ends_with("..");
  // "I understand." and "Good morning." are as often the beginning of a turn as all of it.
  bool const whole = parts.size() > 3 || std::ranges::binary_search(closings, last);
  return sentence && whole ? Ending::finished : Ending::open;
}

bool too_many_words(std::string_view text, std::vector<Span> const& voiced) {
  constexpr std::int64_t samples_per_word_min = 16000 / 8;  // the fastest speakers reach six words a second
  return static_cast<std::int64_t>(split(text).size()) > 2 + total(voiced) / samples_per_word_min;
}

}  // namespace sotto
