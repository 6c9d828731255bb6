// The words of a call through the product's own gate and what it names (stage 4), under virtual time: finals wait there
// for the rest of a card as they do in a call. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "call/utterance.h"
#include "unseen/unseen_set.h"

namespace sotto::unseen {

// As CallReplay speaks and `sotto policy test` lets a line follow the one before.
inline constexpr std::int64_t kWordMs = 400, kGapMs = 700, kHeardAfterMs = 400;

// What a recogniser makes of words that were said.
struct Final {
  std::size_t turn = 0;  // 1, 2, ..
  Track track = Track::customer;
  std::vector<Word> words;
  std::int64_t start_ms = 0, end_ms = 0, heard_ms = 0;
  // What it was corrected to, and when; no words: it was not.
  std::vector<Word> corrected = {};
  std::int64_t corrected_ms = 0;
};
// A final for each turn, in its exact words.
std::vector<Final> exact_words(std::vector<Turn> const& turns);

struct Passed {
  std::size_t turn = 0;
  std::int64_t at_ms = 0;          // when it went on
  Utterance utterance;             // with what it names
  std::vector<std::string> shown;  // each word as it went on, "[card]" where one was taken out
  // Not empty: nothing went on, these words of the turn's final (from 0) were taken back. The utterance is empty.
  std::vector<std::size_t> taken_back = {};
};
// In the order in which they went on; a correction is one more, with `utterance.revision` 1.
std::vector<Passed> through_gate(std::string const& call, Time started, std::vector<Final> const& finals);

}  // namespace sotto::unseen
