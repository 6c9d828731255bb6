#include "adapters/moonshine/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <ranges>
#include <string>

namespace sotto {
namespace {

constexpr std::int64_t kShortestWord = 320;  // 20 ms

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

}  // namespace

std::vector<std::string_view> split_words(std::string_view text) {
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
  for (char const c : word) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '\'' || static_cast<unsigned char>(c) >= 0x80)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return letters;
}

std::vector<std::string> bare_words(std::vector<std::string_view> const& words) {
  std::vector<std::string> out;
  std::ranges::transform(words, std::back_inserter(out), bare);
  return out;
}

std::vector<RecognizedWord> estimate_words(std::string_view text, std::vector<Span> const& voiced, Span whole) {
  std::vector<RecognizedWord> words;
  auto const spans = voiced.empty() ? std::vector<Span>{whole} : voiced;
  auto const samples = total(spans);
  auto const parts = split_words(text);
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

std::vector<RecognizedWord> recognized_words(std::string_view text, std::span<HeardWord const> heard,
                                             std::vector<Span> const& voiced, Span whole, std::int64_t origin) {
  auto words = estimate_words(text, voiced, whole);
  if (heard.size() != words.size()) return words;
  for (std::size_t at = 0; at < words.size(); ++at) words[at].confidence = heard[at].confidence;
  bool const timed = std::ranges::all_of(heard, [](HeardWord const& word) { return word.when.to > word.when.from; });
  auto const room = kShortestWord * static_cast<std::int64_t>(words.size());
  if (!timed || room > whole.to - whole.from) return words;
  auto least = whole.from;
  for (std::size_t at = 0; at < words.size(); ++at) {
    auto& word = words[at];
    word.estimated = false;
    word.from = std::max(least, origin + heard[at].when.from);
    word.to = least = std::max(word.from + kShortestWord, origin + heard[at].when.to);
  }
  auto most = whole.to;
  for (auto& word : std::views::reverse(words)) {
    word.to = std::min(word.to, most);
    word.from = most = std::min(word.from, word.to - kShortestWord);
  }
  return words;
}

bool too_many_words(std::string_view text, std::vector<Span> const& voiced) {
  constexpr std::int64_t samples_per_word_min = 16000 / 8;  // the fastest speakers reach six words a second
  return static_cast<std::int64_t>(split_words(text).size()) > 2 + total(voiced) / samples_per_word_min;
}

}  // namespace sotto
