// Digits and letters of a number as they are said or written: "D E eight nine", "B as in Bravo", "whiskey", "GB82
// WEST".
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "language/privacy/masked.h"

namespace sotto::language {

struct SpelledCharacter {
  // value: digits and letters. maybe: sounds like a digit, or is one only beside others. The rest as in spoken.h.
  enum class Kind { value, maybe, filler, correction, other } kind = Kind::other;
  std::string text;                 // in upper case, of value and maybe; of "double" whose digit is still to come ""
  std::size_t first = 0, last = 0;  // words
};

// What is expected now, so that "oh", "A" or "JR" alone are a part of it.
struct Awaited {
  bool digits = false, letters = false;
};

// Of one final, in order, each word in one character at least. `folded` are its words after fold(); letters of those
// that are `taken` (contexts: "PIN", "SSN") are none of a number.
std::vector<SpelledCharacter> read_spelled(std::vector<HeardWord> const& words, std::vector<std::string> const& folded,
                                           std::vector<bool> const& taken, Awaited awaited = {});

// Values in a row, with what may stand between them.
struct SpelledRun {
  std::size_t first = 0, last = 0;  // words, from the first value to the last
  std::string text;                 // corrections done
  std::size_t takes_back = 0;       // "no, sorry, five": so many of what was said before it are said anew
  std::size_t words_before = 0;     // others in the final before it, since the run before it
  std::size_t words_behind = 0;     // and behind it, to the next run
  bool corrected = false;
  struct Piece {  // of `text`: where that of each character begins, in order of the words
    std::size_t at = 0, first = 0, last = 0;
  };
  std::vector<Piece> pieces;  // not to be used where something was corrected
};

std::vector<SpelledRun> runs_of(std::vector<SpelledCharacter> const& characters);

}  // namespace sotto::language
