// Stage 5, orchestrator: an event and the policies in force become an inference graph; its results become matches.
// One per call; pure state confined to the call's loop. Bound: one running graph per utterance, the newer replaces the
// older. Spoken triggers look at the last final alone, at its sentences, and at the last two finals of a speaker
// together, so that a cut does not hide a phrase; what matched before alone does not match again.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "call/utterance.h"
#include "live/orchestrator/inference_graph.h"
#include "policy/rules.h"

namespace sotto::orchestrator {

// Cosine from which an utterance is like an example. Chosen by measurement (docs/policies.md).
inline constexpr double kSaidLikeThreshold = 0.6;
// Calibrated probability from which an intent counts.
inline constexpr double kIntentThreshold = 0.6;
// Sentiment (-1 .. 1) from which words are negative, or, the other way, positive; and from which that is worth telling.
inline constexpr double kPresentSentiment = 1.0 / 3, kClearSentiment = 0.5;

// The chance of being right from which a stated problem is answered that nobody asked about: more than for a question,
// for most people who complain want to be heard first.
inline constexpr double kImpliedThreshold = 0.84;

// What a rule made of an utterance, for a person who asks why. The rule lives as long as the policies do.
struct Verdict {
  Rule const* rule = nullptr;
  bool fired = false;
  std::string why;  // one line
};

// What a rule knows of the call so far.
struct RuleState {
  std::optional<std::int64_t> unless_ms;  // unless, or the other side of an order: first said at
  std::optional<std::int64_t> unless_last_ms;
  std::optional<std::int64_t> waiting_ms;  // not_after: the first side was said at, the other is awaited
  std::int64_t told_ms = -1;               // not_after: what was said until then has had its say
  bool fired = false;                      // elapsed: once a call; silence: once a silence; talk ratio: until it fell
  std::set<std::string> parts;             // of words that must be said: what was heard so far
};

struct FlowState {
  // Utterances that did it; empty or absent: it is not so. Steps by rule id.
  std::string begun_by, told_by;
  std::map<std::string, std::string> done, called_for;
  std::string told;  // the step that was last due
};

// All that changes while a call goes on: with it another orchestrator goes on where this one is.
struct Memory {
  std::array<std::int64_t, 2> spoken_ms{};  // of each party
  std::optional<double> sentiment_trend;
  double best_sentiment_trend = -1;
  std::array<std::deque<Utterance>, 2> last;  // the newest finals of each party, in order
  std::map<std::string, RuleState> rules;     // by rule id
  std::map<std::string, FlowState> flows;     // by name
};

class Orchestrator {
 public:
  explicit Orchestrator(std::shared_ptr<PolicySet const> policies, CallFacts facts = {});
  // Reload or transfer: what was said stays known by rule id. Rules that are not for this call are left out.
  void use(std::shared_ptr<PolicySet const> policies, CallFacts facts);

  // The graph to run for a final or its revision, or nothing when no rule in force could care.
  std::optional<InferenceGraph> on_utterance(Utterance const& utterance, std::int64_t number, Time deadline);
  // Nothing for words that have been corrected meanwhile.
  std::vector<Match> complete(InferenceGraph const& graph, NodeResults const& results);
  // Why each rule fired on these words or did not, and which are not for this call; asked right after complete(), with
  // what it gave.
  std::vector<Verdict> explain(InferenceGraph const& graph, NodeResults const& results,
                               std::span<Match const> matches) const;
  // After a restart, before what was said is judged again: a rule of time has fired at `call_ms`.
  void has_fired(std::string const& rule, std::int64_t call_ms);
  // Call time moved on; `quiet_ms`: since anyone spoke.
  std::vector<Match> on_time(std::int64_t call_ms, std::int64_t quiet_ms);

  // How like `example` the words of a graph are (cosine, best of its texts); 0 where the encoder was not asked.
  double nearness(std::string const& example, InferenceGraph const& graph, NodeResults const& results) const;

  PolicySet const& policies() const { return *policies_; }
  // What is worth telling of the customer's words: likely intents, clear sentiment. After complete().
  std::optional<Understood> understood(InferenceGraph const& graph, NodeResults const& results) const;
  // How the customer's words have sounded lately, -1 (negative) .. 1 (positive); nothing before the first ones.
  std::optional<double> sentiment_trend() const { return memory_.sentiment_trend; }

  Memory const& memory() const { return memory_; }
  void restore(Memory memory) { memory_ = std::move(memory); }
  // Without a memory: what was said is known as context of what comes, and judged no more.
  void recall(Utterance const& utterance);
  // Its words were taken back: these stand in their place.
  void replace(Utterance const& utterance);

 private:
  struct Unit;
  std::string explain_spoken(Rule const& rule, Spoken const& spoken, std::vector<Unit> const& units,
                             NodeResults const& results, Track track) const;
  std::string explain_order(Rule const& rule, Order const& order, std::vector<Unit> const& units,
                            NodeResults const& results, Track track) const;
  std::string nearest_miss(Spoken const& spoken, std::vector<Unit> const& units, NodeResults const& results,
                           double threshold) const;
  std::string explain_time(Rule const& rule) const;
  RuleState state_of(Rule const& rule) const;

  struct Unit {  // a stretch of words that is judged as one
    std::string text;
    std::vector<Word> words;
    bool joined = false;       // reaches back into the final before
    std::size_t new_from = 0;  // first word of the last final
    std::vector<Mention> mentions = {};
  };
  struct Evidence {
    std::string trigger, pattern, text;
    double score = 0;
    std::int64_t start_ms = 0, end_ms = 0;
  };
  std::vector<Unit> units(Utterance const& utterance) const;
  bool may_fire(Rule const& rule, Spoken const& spoken, std::vector<Unit> const& units) const;
  std::vector<std::string> questions(Utterance const& utterance, Unit const& last) const;
  Utterance const* turn_before(Utterance const& utterance) const;
  std::vector<std::string> turns_before(Utterance const& utterance) const;
  bool remember(Utterance const& utterance);
  enum class Heard { surely, somehow };
  std::optional<Evidence> evaluate(Rule const& rule, Spoken const& spoken, std::vector<Unit> const& units,
                                   NodeResults const& results, double threshold, Heard heard = Heard::surely) const;
  std::optional<Evidence> evaluate(Rule const& rule, SpokenTrigger const& trigger, Unit const& unit,
                                   NodeResults const& results, double threshold) const;
  static Answer const* answer_for(Rule const& rule, NodeResults const& results);
  double nearest(std::vector<std::string> const& patterns, std::string const& text, NodeResults const& results,
                 std::string* pattern) const;
  bool blocked(Rule const& rule, Track track, std::vector<Unit> const& units, NodeResults const& results,
               Evidence const& evidence) const;
  void note_parts(Rule const& rule, Track track, std::vector<Unit> const& units);
  void note_sentiment(Utterance const& utterance, NodeResults const& results);
  std::optional<Evidence> of_intent(SpokenTrigger const& trigger, Unit const& unit, NodeResults const& results) const;
  std::optional<Evidence> of_sentiment(SpokenTrigger const& trigger, Unit const& unit,
                                       NodeResults const& results) const;
  std::optional<Evidence> of_entity(SpokenTrigger const& trigger, Unit const& unit) const;
  std::optional<Evidence> of_phrase(SpokenTrigger const& trigger, Unit const& unit) const;
  std::optional<Evidence> of_parts(SpokenTrigger const& trigger, Unit const& unit,
                                   std::set<std::string> const& said) const;
  std::set<std::string> const& parts_said(Rule const& rule) const;
  std::optional<Evidence> note_step(Rule const& rule, FlowStep const& step, Utterance const& said,
                                    std::vector<Unit> const& units, NodeResults const& results);
  void take_back(std::string const& utterance);
  void follow_flows(InferenceGraph const& graph, std::vector<Unit> const& units, NodeResults const& results,
                    std::vector<Match>& matches);
  static bool is_due(Rule const& rule, FlowStep const& step, FlowState const& state);
  std::string explain_step(Rule const& rule, FlowStep const& step) const;
  bool talks_too_much(TalkRatio const& ratio, RuleState& state, std::int64_t call_ms) const;
  void note_said(Rule const& rule, InferenceGraph const& graph, std::vector<Unit> const& units,
                 NodeResults const& results);
  Match match(Rule const& rule, InferenceGraph const* graph, std::optional<Evidence> evidence, std::int64_t call_ms,
              std::string trigger) const;

  CallFacts facts_;
  std::shared_ptr<PolicySet const> given_;     // all
  std::shared_ptr<PolicySet const> policies_;  // those for this call
  Memory memory_;
};

}  // namespace sotto::orchestrator
