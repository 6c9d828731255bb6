// Flows: what the agent does step by step. A step is told when it becomes due; steps done early or not called for are
// passed over.
#include <fmt/format.h>

#include "live/orchestrator/orchestrator.h"
#include "live/orchestrator/words_of.h"

namespace sotto::orchestrator {

// Words are like those that do a step from where its card closes as said (guidance), so that both agree.
static constexpr double kDoneThreshold = 0.54;

// What these words mean for a step; the evidence where they moved its flow on.
std::optional<Orchestrator::Evidence> Orchestrator::note_step(Rule const& rule, FlowStep const& step,
                                                              Utterance const& said, std::vector<Unit> const& units,
                                                              NodeResults const& results) {
  auto& state = memory_.flows[step.flow];
  auto const heard = [&](Spoken const& spoken, double threshold) {
    return concerns(spoken, said.said_by()) ? evaluate(rule, spoken, units, results, threshold) : std::nullopt;
  };
  std::optional<Evidence> moved;
  if (state.begun_by.empty()) {
    moved = heard(*step.begins, kSaidLikeThreshold);
    if (moved) state.begun_by = said.id();
  }
  if (step.only_if && !state.called_for.contains(rule.id)) {
    if (auto called = heard(*step.only_if, kSaidLikeThreshold)) {
      state.called_for[rule.id] = said.id();
      moved = std::move(called);
    }
  }
  if (!state.done.contains(rule.id)) {
    if (auto done = heard(step.done, kDoneThreshold)) {
      state.done[rule.id] = said.id();
      moved = std::move(done);
    }
  }
  return moved;
}

// Its words were misheard: what they did to flows is undone, and the right ones are judged.
void Orchestrator::take_back(std::string const& utterance) {
  for (auto& [name, state] : memory_.flows) {
    if (state.begun_by == utterance) state.begun_by.clear();
    if (state.told_by == utterance) state.told.clear();
    auto const by_it = [&](auto const& entry) { return entry.second == utterance; };
    std::erase_if(state.done, by_it);
    std::erase_if(state.called_for, by_it);
  }
}

bool Orchestrator::is_due(Rule const& rule, FlowStep const& step, FlowState const& state) {
  return !state.done.contains(rule.id) && (!step.only_if || state.called_for.contains(rule.id));
}

void Orchestrator::follow_flows(InferenceGraph const& graph, std::vector<Unit> const& units, NodeResults const& results,
                                std::vector<Match>& matches) {
  auto const& said = graph.utterance;
  if (said.revision > 0) take_back(said.id());
  std::map<std::string, Evidence> moved;  // by flow: the words that did it
  for (auto const& rule : policies_->rules) {
    auto const* step = std::get_if<FlowStep>(&rule.when);
    if (!step) continue;
    if (auto evidence = note_step(rule, *step, said, units, results))
      moved.insert_or_assign(step->flow, std::move(*evidence));
  }
  for (auto const& rule : policies_->rules) {
    auto const* step = std::get_if<FlowStep>(&rule.when);
    auto const evidence = step ? moved.find(step->flow) : moved.end();
    if (evidence == moved.end()) continue;
    auto& state = memory_.flows[step->flow];
    if (state.begun_by.empty() || !is_due(rule, *step, state)) continue;
    auto const why = evidence->second;
    moved.erase(evidence);  // one step a flow is due
    if (state.told == rule.id) continue;
    state.told = rule.id;
    state.told_by = said.id();
    auto found = match(rule, &graph, why, said.end_ms, "flow");
    found.because.pattern = fmt::format("step {} of {}", step->number, step->of);
    matches.push_back(std::move(found));
  }
}

std::string Orchestrator::explain_step(Rule const& rule, FlowStep const& step) const {
  auto const known = memory_.flows.find(step.flow);
  auto const state = known == memory_.flows.end() ? FlowState{} : known->second;
  auto const what = fmt::format("step {} of {}", step.number, step.of);
  if (state.done.contains(rule.id)) return what + ", done";
  if (state.begun_by.empty()) return what + "; its flow has not begun";
  if (!is_due(rule, step, state)) return what + "; its if was not said";
  return state.told == rule.id ? what + ", due: it was told" : what + "; steps before it are not done";
}

}  // namespace sotto::orchestrator
