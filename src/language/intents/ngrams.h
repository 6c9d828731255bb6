// A text as weighted features for linear models: its words, its pairs of words, and the pieces of 2 to 5 characters
// inside each word with its borders (McNamee & Mayfield 2004: character n-grams stand in for stemming and survive
// recognition errors). Features are hashed into a fixed number of ids (Weinberger et al. 2009), so that no dictionary
// is kept. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::language {

inline constexpr std::uint32_t kNgramIds = 1u << 18;

struct Feature {
  std::uint32_t id = 0;  // < kNgramIds
  float value = 0;       // 1 + ln(count), of a piece half of it
};

// Lower-case words of letters, digits and inner apostrophes; bytes beyond ASCII count as letters.
std::vector<std::string> plain_words(std::string_view text);

// Sorted by id, each id once. A text without words has none.
std::vector<Feature> ngrams(std::string_view text);

// With what the other party said before it, the newest turn first. Each turn has ids of its own and the weight of the
// text; of turns before, words and pairs of words are enough.
std::vector<Feature> ngrams(std::string_view text, std::span<std::string const> before);

}  // namespace sotto::language
