// Stage 7, guidance: matches become moments, cues, ticks; cues leave when they are said, dismissed, replaced or old.
// One per call, pure state confined to its loop. Call time drives cool-down and budget, real time drives expiry.
// Bound, the attention budget: one active cue, at most one new one in 10 s; a higher priority
// replaces after 10 s, others wait while they are fresh, then close as `late`. Compliance (kind must_say) has a lane of
// its own, past the budget. A cue's id is a digest of policy version, utterance and rule: the same input never shows
// twice, after a restart either.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "call/annotation.h"
#include "call/events.h"
#include "policy/rules.h"

namespace sotto::guidance {

using Annotation = std::variant<Moment, Cue, CueClosed, Tick, Untick, AlertRaised, Tagged, WebhookRequested>;

struct GuidanceOptions {
  bool budget = true;            // off: every cue is shown at once (benchmarks)
  Duration between_cues = 10s;   // at most one new cue in this time
  Duration replace_after = 10s;  // an active cue is not replaced sooner
};

struct GuidanceCounters {
  int shown = 0, late = 0, cooled_down = 0, over_limit = 0, repeated = 0, withdrawn = 0;
};

// On the screen.
struct Shown {
  Cue cue;
  Time since;
  Measure measure;
  Time measure_until;
  bool drawn = false;
};
struct Waiting {
  Cue cue;
  Time fresh_until;
  Measure measure;
};
struct Ticked {
  std::string utterance;       // whose words said it; empty: by hand
  std::int64_t end_ms = 0;     // of those words
  std::vector<Shown> settled;  // duties it closed
  bool by_hand = false;
};
struct Fired {
  int times = 0;
  std::int64_t last_ms = 0;
};

// All that changes while a call goes on: with it another guidance goes on where this one is.
struct Memory {
  std::vector<Shown> active;                    // the cue lane: at most one with the budget on
  std::vector<Shown> compliance;                // the compliance lane
  std::vector<Waiting> waiting;                 // by priority
  std::set<std::string> known;                  // every cue id there ever was
  std::map<std::string, Ticked> ticked;         // by item
  std::map<std::string, std::int64_t> refuted;  // by item: words before this call time do not tick it, says the agent
  std::set<std::string> tags;
  std::map<std::string, Fired> fired;  // by rule id, call time
  std::optional<Time> last_shown;
};

class Guidance {
 public:
  Guidance(std::string call, GuidanceOptions options = {});
  // What earlier events of the call say was shown, closed and ticked. `policies`: those in force now, for the words
  // that a cue on the screen waits for.
  void restore(std::span<Event const> events, PolicySet const& policies = {});

  // `spoken`: when the words of the matches ended, for freshness.
  std::vector<Annotation> on_matches(std::span<Match const> matches, Time spoken, Time now);
  // The words of an utterance were corrected, `matches` are those of the right ones: cues and ticks that rested on the
  // wrong ones are withdrawn, and a duty that a wrong tick had settled is shown again; then as on_matches().
  std::vector<Annotation> on_corrected(std::string const& utterance, std::span<Match const> matches, Time spoken,
                                       Time now);
  // The agent's words: `nearest` gives how like an example they are (0..1). A cue whose measure they meet closes as
  // `said`.
  std::vector<Annotation> on_agent_words(std::function<double(std::string const& example)> const& nearness, Time now);
  std::vector<Annotation> tick(Time now);
  // The page drew the cue: true the first time, while it is on the screen.
  bool displayed(std::string const& id, Time now);
  // Error no_such_cue where it is not on the screen.
  Result<std::vector<Annotation>> dismiss(std::string const& id);
  // The agent's word for it: settles the duties that wait for the item, those on the screen and those that fall due
  // later. Nothing comes of a tick that is there, or of taking back one that is not.
  std::vector<Annotation> tick_by_hand(ChecklistItem const& item, std::string const& reason);
  // The duties that the tick had settled are shown again; the words it rested on tick the item no more.
  std::vector<Annotation> untick_by_hand(std::string const& item, std::string const& reason, Time now);
  std::vector<Annotation> end();

  GuidanceCounters const& counters() const { return counters_; }
  Memory const& memory() const { return memory_; }
  void restore(Memory memory) { memory_ = std::move(memory); }
  // Its words were taken back: this stands in its place.
  void replace(Cue const& cue);
  // Words of this utterance were taken back: cues that wait quote them no more.
  void forget(Utterance const& said);

 private:
  void restore_firing(std::string const& id, Firing const& firing);
  void restore_cue(Cue const& cue, Time shown, PolicySet const& policies);
  void restore_closed(CueClosed const& closed);
  void restore_tick(Tick const& tick);
  void restore_untick(Untick const& untick);
  bool may_fire(Match const& match, std::string const& id);
  Cue make_cue(Match const& match, std::string const& id, Time spoken) const;
  void offer(Waiting waiting, Time now, std::vector<Annotation>& out);
  void show(Waiting waiting, Time now, std::vector<Annotation>& out);
  void promote(Time now, std::vector<Annotation>& out);
  void close(std::vector<Shown>& lane, std::size_t at, std::string reason, std::vector<Annotation>& out);
  void act(Match const& match, std::string const& id, std::vector<Annotation>& out);
  void on_tick_item(Match const& match, std::vector<Annotation>& out);
  void settle(std::string const& item, Ticked& by, std::vector<Annotation>& out);
  // The tick that the agent set for the item which a must_say rule waits for; else nothing.
  Ticked* settled_by_hand(Rule const& rule);
  void show_again(std::vector<Shown> settled, std::string const& cause, Time now, std::vector<Annotation>& out);
  void withdraw_cues(std::string const& utterance, std::span<Match const> matches, std::vector<Annotation>& out);
  void withdraw_ticks(std::string const& utterance, std::span<Match const> matches, Time now,
                      std::vector<Annotation>& out);

  std::string const call_;
  GuidanceOptions const options_;
  Memory memory_;
  GuidanceCounters counters_;
};

// How likely a rule with said-like examples is the right one, from the cosine of the nearest. Fitted on half of an
// annotated set of callers' words with eight examples a rule, measured on others (build/eval_calibration --fit;
// models/guidance/README.md).
inline constexpr double kSaidLikeSlope = 28.61, kSaidLikeMiddle = 0.726;
double said_like_probability(double cosine);

// 16 hex digits, stable across processes (FNV-1a, 64 bits).
std::string cue_id(std::string_view policy_version, std::string_view utterance, std::string_view rule);

}  // namespace sotto::guidance
