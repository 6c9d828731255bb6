// Stage 7, guidance: matches become moments, cues, ticks; cues leave when they are said, dismissed, replaced or old.
// One per call, pure state confined to its loop. Call time drives cool-down and budget, real time drives expiry
// (design.md section 4). Bound, the attention budget: one active cue, at most one new one in 10 s; a higher priority
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
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "call/annotation.h"
#include "call/event.h"
#include "call/policy.h"

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

class Guidance {
 public:
  Guidance(std::string call, GuidanceOptions options = {});
  // What earlier events of the call say was shown, closed and ticked.
  void restore(std::span<Event const> events);

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
  std::vector<Annotation> end();

  GuidanceCounters const& counters() const { return counters_; }

 private:
  struct Shown {
    Cue cue;
    Time since;
    Measure measure;
    Time measure_until;
    std::string item;  // of the checklist, that says it
    bool drawn = false;
  };
  struct Waiting {
    Cue cue;
    Time fresh_until;
    Measure measure;
    std::string item;
  };

  bool may_fire(Match const& match, std::string const& id);
  Cue make_cue(Match const& match, std::string const& id, Time spoken) const;
  void offer(Waiting waiting, Time now, std::vector<Annotation>& out);
  void show(Waiting waiting, Time now, std::vector<Annotation>& out);
  void promote(Time now, std::vector<Annotation>& out);
  void close(std::vector<Shown>& lane, std::size_t at, std::string reason, std::vector<Annotation>& out);
  void act(Match const& match, std::string const& id, std::vector<Annotation>& out);
  void on_tick_item(Match const& match, std::vector<Annotation>& out);
  void withdraw_cues(std::string const& utterance, std::span<Match const> matches, std::vector<Annotation>& out);
  void withdraw_ticks(std::string const& utterance, std::span<Match const> matches, Time now,
                      std::vector<Annotation>& out);

  std::string const call_;
  GuidanceOptions const options_;
  std::vector<Shown> active_;      // the cue lane: at most one with the budget on
  std::vector<Shown> compliance_;  // the compliance lane
  std::vector<Waiting> waiting_;   // by priority
  std::set<std::string> known_;    // every cue id there ever was
  struct Ticked {
    std::string utterance;       // whose words said it
    std::vector<Shown> settled;  // duties it closed
  };
  std::map<std::string, Ticked> ticked_;  // by item
  std::set<std::string> tags_;
  struct Fired {
    int times = 0;
    std::int64_t last_ms = 0;
  };
  std::map<std::string, Fired> fired_;  // by rule id, call time
  std::optional<Time> last_shown_;
  GuidanceCounters counters_;
};

// How likely a rule with said-like examples is the right one, from the cosine of the nearest. Fitted on half of an
// annotated set of callers' words with eight examples a rule, measured on others (build/eval_calibration --fit;
// models/guidance/README.md).
inline constexpr double kSaidLikeSlope = 25.23, kSaidLikeMiddle = 0.710;
double said_like_probability(double cosine);

// 16 hex digits, stable across processes (FNV-1a, 64 bits).
std::string cue_id(std::string_view policy_version, std::string_view utterance, std::string_view rule);

}  // namespace sotto::guidance
