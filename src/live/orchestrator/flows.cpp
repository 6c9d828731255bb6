// Flows: what the agent does step by step. A step is told when it becomes due; steps done early or not called for are
// passed over.
#include <fmt/format.h>

#include "live/orchestrator/orchestrator.h"
#include "live/orchestrator/words_of.h"

namespace sotto::orchestrator {

// What these words mean for a step; the evidence where they moved its flow on.
std::optional<Orchestrator::Evidence> Orchestrator::note_step(Rule const& rule, FlowStep const& step, Track track,
                                                              std::vector<Unit> const& units,
                                                              NodeResults const& results) {
  auto& state = flows_[step.flow];
  auto const heard = [&](Spoken const& spoken) {
    return concerns(spoken, track) ? evaluate(rule, spoken, units, results, kSaidLikeThreshold) : std::nullopt;
  };
  std::optional<Evidence> moved;
  if (step.number == 1 && !state.begun) {
    moved = heard(*step.begins);
    state.begun = moved.has_value();
  }
  if (step.only_if && !state.called_for.contains(step.number)) {
    if (auto called = heard(*step.only_if)) {
      state.called_for.insert(step.number);
      moved = std::move(called);
    }
  }
  if (!state.done.contains(step.number)) {
    if (auto done = heard(step.done)) {
      state.done.insert(step.number);
      moved = std::move(done);
    }
  }
  return moved;
}

bool Orchestrator::is_due(FlowStep const& step, FlowState const& state) {
  return !state.done.contains(step.number) && (!step.only_if || state.called_for.contains(step.number));
}

void Orchestrator::follow_flows(InferenceGraph const& graph, std::vector<Unit> const& units, NodeResults const& results,
                                std::vector<Match>& matches) {
  std::map<std::string, Evidence> moved;  // by flow: the words that did it
  for (auto const& rule : policies_->rules) {
    auto const* step = std::get_if<FlowStep>(&rule.when);
    if (!step) continue;
    if (auto evidence = note_step(rule, *step, graph.utterance.said_by(), units, results))
      moved.insert_or_assign(step->flow, std::move(*evidence));
  }
  for (auto const& rule : policies_->rules) {
    auto const* step = std::get_if<FlowStep>(&rule.when);
    auto const evidence = step ? moved.find(step->flow) : moved.end();
    if (evidence == moved.end()) continue;
    auto& state = flows_[step->flow];
    if (!state.begun || !is_due(*step, state)) continue;
    auto const why = evidence->second;
    moved.erase(evidence);  // one step a flow is due
    if (std::exchange(state.told, step->number) == step->number) continue;
    auto found = match(rule, &graph, why, graph.utterance.end_ms, "flow");
    found.because.pattern = fmt::format("step {} of {}", step->number, step->of);
    matches.push_back(std::move(found));
  }
}

std::string Orchestrator::explain_step(FlowStep const& step) const {
  auto const known = flows_.find(step.flow);
  auto const state = known == flows_.end() ? FlowState{} : known->second;
  auto const what = fmt::format("step {} of {}", step.number, step.of);
  if (state.done.contains(step.number)) return what + ", done";
  if (!state.begun) return what + "; its flow has not begun";
  if (!is_due(step, state)) return what + "; its if was not said";
  return state.told == step.number ? what + ", due: it was told" : what + "; steps before it are not done";
}

}  // namespace sotto::orchestrator
