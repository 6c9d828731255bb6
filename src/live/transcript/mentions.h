// Stage 4, transcript: what the words of an utterance name (docs/entities.md), and what the gate took out of them. Pure
// state of one call, confined to its loop: numbers may go on over several finals.
#pragma once

#include <vector>

#include "call/hypothesis.h"
#include "call/utterance.h"
#include "language/entities/multi_turn_entities.h"

namespace sotto::transcript {

class Mentions {
 public:
  // Of a final behind the gate, whose `words` are left of it; finals of both parties in the order of the call.
  std::vector<Mention> of_final(Hypothesis const& hypothesis, std::vector<Word> const& words, Track said_by);
  // Of one of the newest finals read anew.
  std::vector<Mention> of_revised(Hypothesis const& hypothesis, Track said_by) const;

 private:
  language::MultiTurnEntities multi_turn_;
};

}  // namespace sotto::transcript
