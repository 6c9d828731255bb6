// Annotations: what guidance says about a call. A Moment is something detected; a Cue is something to say or do,
// shown on the agent's screen. Both become events (call/events.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "call/track.h"

namespace sotto {

// The words that caused an annotation, with where they were said.
struct Because {
  std::string utterance;  // Utterance::id(); empty for elapsed and silence triggers
  std::string speaker;    // "customer" | "agent" | ""
  std::string text;       // the matching words as recognised
  std::int64_t start_ms = 0, end_ms = 0;
  std::string trigger;  // "said_like" | "phrase" | "regex" | "elapsed" | "silence" | "order" | "knowledge"
  std::string pattern;  // the policy's phrase or example that was nearest
  double score = 0;     // 0..1; 1 for exact triggers
};

// The passage that supports a cue.
struct Source {
  std::string file;      // "plans.md"
  std::string heading;   // "Loyalty plan"; empty: the whole article
  std::string passage;   // the text shown under Why
  std::string sentence;  // the sentence of the passage that answers, marked; may be empty
};

// The milliseconds each stage took for the words that triggered a cue; nullopt where a stage does not apply.
struct StagesMs {
  std::optional<double> transit, buffer, asr, utterance, store, bus, orchestrate, route, infer, guide;
};

enum class Lane { cue, compliance };

struct Cue {
  std::string id;  // hash(policy version, utterance, rule)
  std::string call;
  std::string utterance;  // Utterance::id() or empty
  std::string policy;     // rule id
  std::string policy_version;
  std::string kind;   // "answer" | "next_step" | "say" | "careful" | "must_say"
  std::string match;  // "strong" | "likely"
  Lane lane = Lane::cue;
  int priority = 50;
  std::string headline, body;
  std::string item;  // of the checklist, that the cue waits for; empty: none
  Because because;
  std::optional<Source> source;
  std::int64_t fresh_ms = 6000;   // end of words -> screen, else dropped as `late`
  std::int64_t shown_ms = 20000;  // how long it stays unless hovered
  StagesMs stages_ms;
  Time spoken;  // end of the words that triggered it: end-to-end time starts here
  Time guided;  // the decision to show it: `deliver` starts here
};

// What the customer's words want and how they sound.
struct Understood {
  struct Wanted {
    std::string name;
    double probability = 0;
  };
  std::string utterance;  // Utterance::id()
  std::vector<Wanted> intents;
  std::optional<double> sentiment, sentiment_trend;  // -1 .. 1; the trend: over the call
};

struct Moment {
  std::string policy;
  std::string policy_version;
  Because because;
};

// Something for the supervisor's eyes.
struct AlertRaised {
  std::string id;  // as of a cue
  std::string policy, policy_version;
  std::string severity;  // info | warning | urgent
  std::string message;
  Because because;
};

// A word the call will be found by.
struct Tagged {
  std::string tag, policy;
  Because because;
};

// Another system is to be told (docs/webhooks.md).
struct WebhookRequested {
  std::string id;       // hash(call, cue id, webhook): what the receiver knows a doublet by
  std::string cue;      // the id that a cue of the same firing has
  std::string webhook;  // its name in the server's configuration
  std::string policy, policy_version;
  std::vector<std::string> tags;
  Because because;
  struct Alert {
    std::string severity, message;
  };
  std::optional<Alert> alert;  // the rule's
};

// A duty of the agent's.
struct ChecklistItem {
  std::string item, label;
};

// An item of the call's checklist is settled: by words, or by the agent's hand.
struct Tick {
  std::string item;
  std::string label;
  std::string policy;              // by words; else empty
  std::optional<Because> because;  // by words
  std::string by;                  // "agent": by hand; else empty
  std::string reason;              // by hand: the agent's words

  bool by_hand() const { return by == "agent"; }
};

// It is not: the words that ticked it were corrected and never said, or the agent takes a tick back, whoever set it.
struct Untick {
  std::string item;
  std::string utterance;  // Utterance::id() of the words; empty: by hand
  std::string by;         // "agent": by hand; else empty
  std::string reason;     // "corrected"; by hand: the agent's words

  bool by_hand() const { return by == "agent"; }
};

// A cue that leaves the screen, or never reached it (`late`).
struct CueClosed {
  std::string id;
  std::string
      reason;  // said | dismissed | replaced | expired | late | call_ended | withdrawn (its words were corrected)
};

}  // namespace sotto
