// The events of a call, one struct a type: what was heard, what it meant, what was shown for it. What holds of an event
// wherever it goes stands in Event; the rest is its body. On the wire and in the store an event is a CloudEvents 1.0
// object (event_codec.h); its fields, their order and their meaning outside stand in event_fields.h.
// A new type: its struct here (of guidance: annotation.h), its table there; what the compiler then misses is where it
// has an effect.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "call/annotation.h"
#include "call/call.h"
#include "call/health.h"
#include "call/ledger.h"
#include "call/utterance.h"

namespace sotto {

struct CallStarted {
  CallInfo info;
  std::vector<ChecklistItem> checklist;  // what the tenant's policies tick
};

// From `sample` on nothing is heard or stored.
struct CallPaused {
  std::string call;
  std::string by;  // api | source
  std::int64_t sample = 0, at_ms = 0;
};

// From `sample` on it is heard again.
struct CallResumed {
  std::string call;
  std::string by;
  std::int64_t sample = 0, at_ms = 0;
};

struct HealthChanged {
  Health health;
  std::string call;
};

// All speech of the call is decided: the last event of its speech part.
struct CallEnded {
  std::string call;
  EndReason reason = EndReason::hangup;
  std::int64_t duration_ms = 0;
  std::map<Track, TrackCoverage> coverage;
};

// Words that may still change: not stored, carries the number of the last stored event.
struct Partial {
  Utterance utterance;
  bool provisional = false;  // live words while earlier audio still waits for its own
  bool eager = false;        // the speaker has probably finished: the final follows with these words
};

// A cue that words which are not committed yet probably bring: it comes, with the same id, or is withdrawn.
struct CueExpected {
  Cue cue;
  bool withdrawn = false;
};

// From here another agent speaks: a transfer. The rules of that agent and team are in force from here.
struct AgentChanged {
  std::string call;
  std::string agent, team;
  std::int64_t at_ms = 0;
};

struct UtteranceFinal {
  Utterance utterance;
};

// The same utterance with the next revision and the same interval; what followed from the old words is withdrawn.
struct UtteranceRevised {
  Utterance utterance;
  std::string was;                   // the words before, where they were others
  std::optional<Track> was_speaker;  // where the speaker was corrected
};

// Samples [from, to) of a track were not heard.
struct CoverageGap {
  std::string call;
  Track track = Track::customer;
  std::int64_t from = 0, to = 0;
  std::int64_t start_ms = 0, end_ms = 0;
  std::string reason;  // LedgerRow::reason
};

// The page has drawn a cue: milliseconds measured there. `clock_error`: half the least round trip.
struct CueDisplayed {
  struct Stages {
    double deliver = 0, render = 0, hold = 0, total = 0, clock_error = 0;
  };
  std::string call;
  std::string id;
  Stages stages_ms;
};

// Everything that was said has had its effect: the last event of the guidance part.
struct GuidanceDone {
  std::string call;
};

// The words of event `number` were taken back: it is what stands here now, and nobody may keep what it was.
struct EventRedacted {
  std::int64_t number = 0;
  std::string type;          // of that event, as on the wire: it stays what it is
  boost::json::object data;  // its new body (event_codec.h: body_of)
};

using AnyBody =
    std::variant<CallStarted, HealthChanged, CallPaused, CallResumed, CallEnded, AgentChanged, Partial, CueExpected,
                 UtteranceFinal, UtteranceRevised, Understood, CoverageGap, Moment, AlertRaised, Tagged,
                 WebhookRequested, Cue, CueDisplayed, CueClosed, Tick, Untick, GuidanceDone, EventRedacted>;

// One of them. Copied, moved and destroyed in one place: so many types cost a compiler seconds
// wherever that happens.
struct EventBody : AnyBody {
  using AnyBody::AnyBody;
  EventBody(EventBody const& other);
  EventBody(EventBody&& other) noexcept;
  EventBody& operator=(EventBody const& other);
  EventBody& operator=(EventBody&& other) noexcept;
  ~EventBody();
};

// Numbered 1, 2, 3 ... per call by its place in the log, then published. What is told before it is stored (partials,
// and everything while the store is down) has the number 0; the latter is told again with its number once it is stored.
struct Event {
  std::string call;
  std::string tenant;
  std::int64_t number = 0;
  Time time;
  EventBody body;
  bool unpersisted = false;  // told while the store was down
  PathStamps stamps = {};    // of what brings words: where their time went; travels with the event, is not stored

  template <class Body>
  Body const* as() const {
    return std::get_if<Body>(&body);
  }
  template <class Body>
  bool is() const {
    return std::holds_alternative<Body>(body);
  }
};

// Of what is never stored: told to whoever follows the call now, and to nobody later.
inline bool is_passing(Event const& event) { return event.is<Partial>() || event.is<CueExpected>(); }

// The words that a final or a revision commits; null: it is neither.
inline Utterance const* words_of(Event const& event) {
  if (auto const* final = event.as<UtteranceFinal>()) return &final->utterance;
  if (auto const* revised = event.as<UtteranceRevised>()) return &revised->utterance;
  return nullptr;
}

// What a rule did: which, and on what words.
struct Firing {
  std::string const& policy;
  Because const& because;
};
// Nothing where the event is no rule's doing, or a tick by hand.
std::optional<Firing> firing_of(Event const& event);

}  // namespace sotto
