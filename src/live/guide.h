// THE GUIDE of one call, stages 5 to 7: what was said becomes a graph of questions to the models, their answers become
// matches, matches become cues, ticks, alerts. Read guide.cpp top to bottom:
//   words -> 5 orchestrator -> graph;  answers -> 5 orchestrator -> 7 guidance -> bodies of events
// Sans-I/O: values and `now` in, take() gives what is to be told. The one path of live calls, `policy test`, `policy
// explain` and the evaluations. Confined to the thread that owns the call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "call/command.h"
#include "call/events.h"
#include "knowledge/knowledge_base.h"
#include "live/guidance/guidance.h"
#include "live/guide_snapshot.h"
#include "live/orchestrator/orchestrator.h"

namespace sotto {

// What a tenant has in force for a call. `knowledge` may be null.
struct InForce {
  std::shared_ptr<PolicySet const> policies;
  std::shared_ptr<knowledge::KnowledgeBase const> knowledge;
};

class CallGuide {
 public:
  // `explains`: verdicts() are kept; it costs a sentence a rule.
  CallGuide(CallInfo const& info, InForce in_force, guidance::GuidanceOptions options = {}, bool explains = false);
  // After a reload, or after a transfer to the agent and team of `info`. What was said stays known by rule.
  void use(CallInfo const& info, InForce in_force);
  // Goes on where another guide of this call was. `number`: every event up to there is in what it knows.
  void restore(GuideMemory memory);
  std::string snapshot(std::int64_t number) const;
  // Beyond that: what the events say was said, shown, ticked and fired. Their words are judged no more.
  void restore(std::span<Event const> events);

  // The graph to run for words that are committed or corrected; nothing where no rule could care.
  std::optional<InferenceGraph> on_words(Utterance const& words, std::int64_t number, Time deadline);
  void on_results(InferenceGraph const& graph, NodeResults const& results, PathStamps const& stamps, Time now);
  // Call time moved on: policies of time, cues that grow old. `quiet_ms`: since anyone spoke.
  void on_time(std::int64_t call_ms, std::int64_t quiet_ms, Time now);
  // Words of the call were taken back: what is known of them becomes this.
  void on_redacted(EventBody const& now_it_is);
  // Errors: no_such_cue, no_such_item.
  Result<void> on(GuideCommand const& command, Time now);
  void end(Time now);

  // What is to be told, in order, since it was last taken. It belongs together: it is stored in one transaction. The
  // time of stage 7 is left to whoever has a clock.
  std::vector<EventBody> take() { return std::exchange(out_, {}); }

  PolicySet const& policies() const { return orchestrator_.policies(); }
  std::vector<ChecklistItem> const& checklist() const { return checklist_; }
  guidance::GuidanceCounters const& counters() const { return guidance_.counters(); }
  // What every rule made of the words judged last, in the order of the rules.
  std::vector<orchestrator::Verdict> const& verdicts() const { return verdicts_; }

 private:
  void tell(std::vector<guidance::Annotation> annotations, Time now, StagesMs stages = {});
  void say_why_not_shown(guidance::GuidanceCounters const& before, std::size_t told);
  Result<void> act(CueDisplayed const& displayed, Time now);
  Result<void> act(Dismiss const& dismiss, Time now);
  Result<void> act(TickByHand const& tick, Time now);
  Result<void> act(UntickByHand const& untick, Time now);
  ChecklistItem const* item(std::string const& name) const;

  std::string const call_;
  std::string team_;
  bool const explains_;
  std::shared_ptr<knowledge::KnowledgeBase const> knowledge_;
  orchestrator::Orchestrator orchestrator_;
  guidance::Guidance guidance_;
  std::vector<ChecklistItem> checklist_;  // of the call's beginning: what its page shows
  std::vector<orchestrator::Verdict> verdicts_;
  std::vector<EventBody> out_;
};

}  // namespace sotto
