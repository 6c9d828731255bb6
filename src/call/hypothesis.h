// What a recogniser says about a stretch of one track, in samples of the source's rate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "call/track.h"
#include "call/utterance.h"

namespace sotto {

// Words [first, last] of a hypothesis were something that may not be seen, and read "[card]", "[cvv]", "[account]",
// "[iban]" or "[identity]" now.
struct MaskedWords {
  std::string kind;
  std::size_t first = 0, last = 0;
  std::string last_four;  // in the final that ends it (language/privacy/masked.h)
  bool valid = false;     // its check digits or its shape agree
};

struct Hypothesis {
  Track track = Track::customer;
  bool final = false;
  bool revised = false;      // corrects the words, the speaker or both of an earlier final, whose interval it names
  bool provisional = false;  // of a partial: live words, while earlier audio still waits for its own
  bool eager = false;        // of a partial: its speaker has probably finished, and these are the words
  std::int64_t from = 0, to = 0;
  std::string text;               // empty in a final: voiced audio without words
  bool distorted = false;         // and why: the line was driven beyond what carries words
  std::vector<Word> words;        // media time of the call
  std::int64_t speech_end = 0;    // last voiced sample; for a partial: `to`
  std::string reason;             // of a final: endpoint | limit | speaker | finish
  std::optional<Track> speaker;   // of a track that carries both parties
  double speaker_confidence = 0;  // probability of it
  Time arrived, buffered;         // of the packet and frame that held speech_end
  Time recognised;
  std::vector<MaskedWords> masked;  // set by the gate of stage 4
};

}  // namespace sotto
