// Does a phrase stand in what was recognised? Tolerant of recognition errors and inflection, never of other words: the
// phrase is aligned with the words (Sellers 1980, approximate matching of a pattern that may begin anywhere), where
// words of the same stem cost little, words that look alike cost more, and dropped or added small words cost something.
// Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::orchestrator {

// Lower case, without punctuation; "I'm" -> i am; one token a word.
struct Token {
  std::string text;
  std::size_t word = 0;  // index of the word in the given list
};
std::vector<Token> tokens(std::vector<std::string> const& words);
std::vector<std::string> split_words(std::string_view text);

struct PhraseSpan {
  std::size_t first_word = 0, past_word = 0;  // of the given words
  double score = 0;                           // 1: the very words
};

// The best place of `phrase` in `words`, or nothing.
std::optional<PhraseSpan> find_phrase(std::string_view phrase, std::vector<Token> const& words);

}  // namespace sotto::orchestrator
