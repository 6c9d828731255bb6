// Numbers that may not be seen: what kinds there are, and where they stood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::language {

struct HeardWord {
  std::string text;
  std::int64_t start_ms = 0, end_ms = 0;
};

// A number that was taken out: words [first, last] of the final.
struct MaskedNumber {
  enum class Kind { card, cvv, account, iban, identity } kind = Kind::card;
  std::size_t first = 0, last = 0;
  // In the final that ends it: of a card or an IBAN whose check digits are right, of an account number that is whole.
  // Never of a code or an identity number.
  std::string last_four;
  bool valid = false;  // in the final that ends it: check digits or shape agree
};

inline char const* name(MaskedNumber::Kind kind) {
  static constexpr char const* names[] = {"card", "cvv", "account", "iban", "identity"};
  return names[static_cast<std::size_t>(kind)];
}

// A word that stands where a number was: no digit and no context of the next one.
inline bool is_mask(std::string_view word) { return word.starts_with('['); }

struct GuardedWords {
  std::vector<std::string> texts;  // as many as words went in; "[card]", "[cvv]" where a number was
  std::vector<MaskedNumber> masked;
};

// Hides `numbers`, too, in words whose cards are hidden. What is hidden as a card stays one, but for parts of an IBAN
// that only look like one; of a number with a card in it no digits are told.
void hide(std::vector<MaskedNumber> const& numbers, GuardedWords& words);

// The words as others may look at them: marks where these numbers are.
std::vector<HeardWord> without(std::vector<MaskedNumber> const& numbers, std::vector<HeardWord> words);

// Which kinds are hidden beside cards and their codes, which always are.
struct MaskedKinds {
  bool account = true, iban = true, identity = true;

  bool operator==(MaskedKinds const&) const = default;
};

}  // namespace sotto::language
