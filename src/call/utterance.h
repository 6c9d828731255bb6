// An utterance: the committed unit of the transcript, (call, track, n).
// Times in ms are media time of the call; [from, to) are samples of the source's rate on that track.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "call/track.h"

namespace sotto {

struct Word {
  std::string text;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  bool estimated = true;
  std::optional<double> confidence = std::nullopt;  // probability that it was said; none: the recogniser measures none
};

// Something named in the words: an order number, a date. Of a number that is hidden only that it was there.
struct Mention {
  std::string kind;   // docs/entities.md
  std::string value;  // normalised: "4155550123", "2026-03-12"; of a card or an account "**** 1111", of a code ""
  std::string text;   // as said
  std::int64_t start_ms = 0, end_ms = 0;
  bool valid = false;  // its check digit, shape, number plan or calendar agrees

  bool operator==(Mention const&) const = default;
};

struct Utterance {
  std::string call;
  Track track = Track::customer;
  std::int64_t n = 0;  // finals committed on this track before this one
  int revision = 0;
  std::int64_t from = 0, to = 0;
  std::int64_t start_ms = 0, end_ms = 0;
  std::string text;
  std::vector<Word> words;
  // Why it ends where it ends: endpoint | limit (7 s of continuous speech) | speaker (another one goes on) | finish; a
  // partial: "".
  std::string reason;
  // Of a track that carries both parties: who is taken to speak, and how likely it is to be this one (0.5 .. 1). Of a
  // party beyond the first two: on whose side it stands, 1.
  std::optional<Track> speaker = std::nullopt;
  double speaker_confidence = 0;
  std::vector<Mention> entities = {};

  // Whose words these are: the customer's or the agent's.
  Track said_by() const { return speaker.value_or(track); }

  // "customer-3": unique within its call.
  std::string id() const { return std::string(name(track)) + "-" + std::to_string(n); }
};

// When the words an utterance ends with passed each point of the path. A stage's time is the difference of two
// neighbouring stamps, never a remainder. All on the server's clock.
struct PathStamps {
  Time spoken;        // the last voiced sample left the speaker: t0 + n / (rate * speed)
  Time arrived;       // its packet reached ingest
  Time buffered;      // its frame was handed to the recogniser
  Time recognised;    // the final came back
  Time built;         // the utterance was handed to the store
  Time stored;        // its transaction was durable
  Time published;     // the bus delivered it to the orchestrator
  Time orchestrated;  // its graph stood
};

}  // namespace sotto
