// What a final may be asking. People begin with words that have nothing to do with it ("Right, and while I have you
// here, what does ...") and recognisers join it all into one sentence: each clause to the end is a reading of its own.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "call/utterance.h"

namespace sotto::orchestrator {

// `whole` first, then the newest clauses of `words` that could stand alone (at least five words, at most three
// clauses).
std::vector<std::string> readings(std::string const& whole, std::vector<Word> const& words);

// A problem stated without a question ("it still blinks red", "I can't see my bill") that an article may answer. What
// is solved, wanted or only supposed is none.
bool implies_problem(std::string const& text);

// The words point at what was said before ("how much of that do I get back?") ..
enum class RefersBack {
  no,
  perhaps,  // .. and name a subject of their own, of few words
  wholly,   // .. and name none: without the turn before nobody knows what is asked
};
RefersBack refers_back(std::string const& text);

}  // namespace sotto::orchestrator
