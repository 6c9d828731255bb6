// Stage 4, transcript: hypotheses become utterances, each sample is decided once.
// n counts the finals committed on a track; a final begins at the first undecided sample: what overlaps decided audio
// is clipped, words and all. Pure state of one call, confined to its loop. What is stored is the log writer's business.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "call/call.h"
#include "call/hypothesis.h"
#include "call/ledger.h"
#include "call/utterance.h"
#include "live/transcript/mentions.h"
#include "live/transcript/privacy_gate.h"

namespace sotto::transcript {

// A stretch that became a gap, for its event.
struct Gap {
  Track track = Track::customer;
  LedgerRow row;
};

// A correction, and what the utterance said before it, and of whom.
struct Corrected {
  Utterance utterance;
  std::string was;
  std::optional<Track> was_speaker;
};

struct Decided {
  std::optional<Utterance> utterance;
  std::vector<Gap> gaps;
};

class Transcript {
 public:
  explicit Transcript(CallInfo const& call);
  // After a restart: what was stored. Utterances continue at the number after the last stored one.
  void restore(Track track, std::vector<LedgerRow> const& rows);

  void receive(Track track, std::int64_t to);
  // Hole of the audio stage, or a pause that reaches back: decides what is still pending in it.
  Decided on_hole(Track track, LedgerRow const& hole);
  Decided on_silence(Track track, std::int64_t from, std::int64_t to);
  // A final without words is a gap (`no_words`, `distorted`); with the store's memory full it becomes a gap
  // (`unsaved`).
  Decided on_final(PrivacyGate::Safe const& heard, bool memory_full);
  // The next revision of the utterance that has exactly this interval, in its words (where it has any), its speaker
  // (where it names one) or both; nothing where there is none among the newest, or where it says the same. What was
  // clipped is not corrected: its words are not those of the whole interval.
  std::optional<Corrected> on_revised(PrivacyGate::Safe const& heard);
  // The words of utterance `n` were taken back: nothing corrects it any more.
  void forget(Track track, std::int64_t n);
  // The utterance a partial is on its way to: the n it will get, nothing decided.
  Utterance partial(PrivacyGate::Safe const& heard) const;
  // Whatever is still pending becomes a gap.
  Decided close(std::string const& reason);

  Ledger const& ledger(Track track) const { return tracks_[index(track)].ledger; }
  // Ledger rows decided since the last call, for the store.
  std::vector<TrackUpdate> take_updates();
  std::int64_t to_ms(std::int64_t sample) const { return sample * 1000 / call_.format.rate; }

 private:
  struct State {
    Ledger ledger;
    std::int64_t next_n = 0;
    std::deque<Utterance> newest;  // that may be corrected
    std::vector<LedgerRow> fresh;  // decided, not yet handed to the store
    std::int64_t handed = 0;       // decided prefix the store was last told
  };

  Utterance build(Hypothesis const& hypothesis, std::int64_t from) const;
  Decided mark(Track track, LedgerRow const& row);

  CallInfo const& call_;
  PerTrack<State> tracks_;
  Mentions mentions_;
};

}  // namespace sotto::transcript
