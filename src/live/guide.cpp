#include "live/guide.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace sotto {

CallGuide::CallGuide(CallInfo const& info, InForce in_force, guidance::GuidanceOptions options, bool explains)
    : call_(info.id),
      team_(info.team),
      explains_(explains),
      knowledge_(std::move(in_force.knowledge)),
      orchestrator_(std::move(in_force.policies), facts(info)),
      guidance_(info.id, options),
      checklist_(orchestrator_.policies().checklist()) {}

void CallGuide::use(CallInfo const& info, InForce in_force) {
  team_ = info.team;
  orchestrator_.use(std::move(in_force.policies), facts(info));
  knowledge_ = std::move(in_force.knowledge);
}

std::string CallGuide::snapshot(std::int64_t number) const {
  return to_snapshot({.number = number,
                      .orchestrator = orchestrator_.memory(),
                      .guidance = guidance_.memory(),
                      .checklist = checklist_});
}

void CallGuide::restore(GuideMemory memory) {
  orchestrator_.restore(std::move(memory.orchestrator));
  guidance_.restore(std::move(memory.guidance));
  checklist_ = std::move(memory.checklist);
}

void CallGuide::restore(std::span<Event const> events) {
  guidance_.restore(events, orchestrator_.policies());
  for (auto const& event : events) {
    if (auto const* started = event.as<CallStarted>()) checklist_ = started->checklist;
    if (auto const* words = words_of(event)) orchestrator_.recall(*words);
    auto const firing = firing_of(event);
    if (!firing) continue;
    auto const& trigger = firing->because.trigger;
    if (trigger == "elapsed" || trigger == "talk_ratio" || trigger == "order")
      orchestrator_.has_fired(firing->policy, firing->because.end_ms);
  }
}

// --- 5 orchestrator: what the words ask of the models ---

std::optional<InferenceGraph> CallGuide::on_words(Utterance const& words, std::int64_t number, Time deadline) {
  verdicts_.clear();
  auto graph = orchestrator_.on_utterance(words, number, deadline);
  if (graph) graph->team = team_;
  return graph;
}

// --- 5 orchestrator -> 7 guidance: what their answers come to ---

static StagesMs stages_of(PathStamps const& stamps, NodeResults const& results) {
  // A stamp that did not travel with the words costs a figure.
  auto const ms = [](Time from, Time to) {
    return from == Time{} || to == Time{} ? std::nullopt : std::optional(to_ms(to - from));
  };
  return {.transit = ms(stamps.spoken, stamps.arrived),
          .buffer = ms(stamps.arrived, stamps.buffered),
          .asr = ms(stamps.buffered, stamps.recognised),
          .utterance = ms(stamps.recognised, stamps.built),
          .store = ms(stamps.built, stamps.stored),
          .bus = ms(stamps.stored, stamps.published),
          .orchestrate = ms(stamps.published, stamps.orchestrated),
          .route = ms(stamps.orchestrated, results.started),
          .infer = ms(results.started, results.answered),
          .guide = std::nullopt};
}

void CallGuide::on_results(InferenceGraph const& graph, NodeResults const& results, PathStamps const& stamps,
                           Time now) {
  auto matches = orchestrator_.complete(graph, results);
  if (explains_) verdicts_ = orchestrator_.explain(graph, results, matches);
  if (auto understood = orchestrator_.understood(graph, results)) out_.push_back(std::move(*understood));
  for (auto& match : matches) {
    if (knowledge_ && match.rule->cue) match.source = knowledge_->find(match.rule->cue->source);
  }
  auto const before = guidance_.counters();
  auto const told = out_.size();
  // Without the models nothing can be said against what they found before.
  bool const corrects = graph.utterance.revision > 0 && !results.failed;
  tell(corrects ? guidance_.on_corrected(graph.utterance.id(), matches, stamps.spoken, now)
                : guidance_.on_matches(matches, stamps.spoken, now),
       now, stages_of(stamps, results));
  if (explains_) say_why_not_shown(before, told);
  if (graph.utterance.said_by() != Track::agent) return;
  auto const nearness = [&](std::string const& example) { return orchestrator_.nearness(example, graph, results); };
  tell(guidance_.on_agent_words(nearness, now), now);
}

void CallGuide::tell(std::vector<guidance::Annotation> annotations, Time now, StagesMs stages) {
  for (auto& annotation : annotations) {
    if (auto* cue = std::get_if<Cue>(&annotation)) {
      cue->stages_ms = stages;
      cue->guided = now;
    }
    out_.push_back(std::visit([](auto& one) { return EventBody(std::move(one)); }, annotation));
  }
}

// A rule that fired and whose cue did not come: what guidance counted says why.
void CallGuide::say_why_not_shown(guidance::GuidanceCounters const& before, std::size_t told) {
  auto const& now = guidance_.counters();
  std::vector<std::string> reasons;
  if (now.cooled_down > before.cooled_down) reasons.push_back("in its cool_down");
  if (now.over_limit > before.over_limit) reasons.push_back("shown per_call times already");
  if (now.repeated > before.repeated) reasons.push_back("the same cue was shown for these words");
  if (now.late > before.late) reasons.push_back("older than fresh");
  if (reasons.empty())
    reasons.push_back("another cue is on the screen, or came less than 10 s ago: it waits while it is fresh");
  for (auto& verdict : verdicts_) {
    auto const is_its = [&](EventBody const& body) {
      auto const* cue = std::get_if<Cue>(&body);
      return cue && cue->policy == verdict.rule->id;
    };
    bool const has_cue = verdict.rule->cue || verdict.rule->knowledge;
    if (verdict.fired && has_cue && std::none_of(out_.begin() + static_cast<std::ptrdiff_t>(told), out_.end(), is_its))
      verdict.why += fmt::format("; not shown: {}", fmt::join(reasons, ", or "));
  }
}

// --- time, and what the agent does ---

void CallGuide::on_time(std::int64_t call_ms, std::int64_t quiet_ms, Time now) {
  auto const matches = orchestrator_.on_time(call_ms, quiet_ms);
  if (!matches.empty()) tell(guidance_.on_matches(matches, now, now), now);
  tell(guidance_.tick(now), now);
}

void CallGuide::on_redacted(EventBody const& now_it_is) {
  auto const forget = [this](Utterance const& said) {
    orchestrator_.replace(said);
    guidance_.forget(said);
  };
  if (auto const* final = std::get_if<UtteranceFinal>(&now_it_is)) forget(final->utterance);
  if (auto const* revised = std::get_if<UtteranceRevised>(&now_it_is)) forget(revised->utterance);
  if (auto const* cue = std::get_if<Cue>(&now_it_is)) guidance_.replace(*cue);
}

Result<void> CallGuide::on(GuideCommand const& command, Time now) {
  return std::visit([&](auto const& one) { return act(one, now); }, command);
}

Result<void> CallGuide::act(CueDisplayed const& displayed, Time now) {
  if (!guidance_.displayed(displayed.id, now))
    return fail("no_such_cue", "the cue is not on the screen or was reported before");
  out_.push_back(CueDisplayed{.call = call_, .id = displayed.id, .stages_ms = displayed.stages_ms});
  return {};
}

Result<void> CallGuide::act(Dismiss const& dismiss, Time now) {
  auto closed = guidance_.dismiss(dismiss.cue);
  if (!closed) return std::unexpected(closed.error());
  tell(std::move(*closed), now);
  return {};
}

ChecklistItem const* CallGuide::item(std::string const& name) const {
  auto const found = std::ranges::find(checklist_, name, &ChecklistItem::item);
  return found == checklist_.end() ? nullptr : &*found;
}

static std::unexpected<Error> no_such_item(std::string const& call, std::string const& item) {
  return fail("no_such_item", fmt::format("the checklist of call {} has no item \"{}\"", call, item));
}

Result<void> CallGuide::act(TickByHand const& tick, Time now) {
  auto const* known = item(tick.item);
  if (!known) return no_such_item(call_, tick.item);
  tell(guidance_.tick_by_hand(*known, tick.reason), now);
  return {};
}

Result<void> CallGuide::act(UntickByHand const& untick, Time now) {
  if (!item(untick.item)) return no_such_item(call_, untick.item);
  tell(guidance_.untick_by_hand(untick.item, untick.reason, now), now);
  return {};
}

void CallGuide::end(Time now) { tell(guidance_.end(), now); }

}  // namespace sotto
