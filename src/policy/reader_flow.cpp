#include <fmt/format.h>

#include "policy/reader.h"

namespace sotto::policy {

// - { step: verify, cue: { headline: ".." }, done: { speaker: agent, said_like: [..] }, if: {..} }
Rule PolicyReader::flow_step(YAML::Node const& node, Rule const& common, FlowStep step) {
  Rule out = common;
  out.line = node.Mark().line + 1;
  if (!keys(node, "a step", {"step", "cue", "done", "if"})) return out;
  auto const name = node["step"] ? this->name(node["step"], "step") : "";
  if (name.empty()) problem(node, fmt::format("a step of flow {} has no name", step.flow));
  out.id = step.flow + "." + name;
  if (!node["cue"]) problem(node, fmt::format("step {} has no cue", out.id));
  else out.cue = cue(node["cue"]);
  if (!node["done"]) problem(node, fmt::format("step {} has no done: it would never end", out.id));
  else step.done = spoken(node["done"], "done");
  if (node["if"]) step.only_if = spoken(node["if"], "if");
  // The card closes as said with the words that do the step, where those are nothing but examples of the agent's.
  auto const& done = step.done.triggers;
  if (done.size() == 1 && done[0].kind == SpokenTrigger::Kind::said_like && step.done.speaker == Track::agent)
    out.measure = Measure{.agent_says_like = done[0].patterns};
  out.when = std::move(step);
  return out;
}

// - flow: block_card
//   begins: { speaker: customer, intent: card_lost }
//   steps: [ .. ]
std::vector<Rule> PolicyReader::flow(YAML::Node const& node) {
  Rule common{.file = file_, .line = node.Mark().line + 1};
  common.limits.cool_down_ms = 0;   // a step is told when it becomes due, and not again
  common.limits.fresh_ms = 45'000;  // it stays due until it is done: it may wait for the card before it
  std::vector<Rule> out;
  if (!keys(node, "a flow", {"flow", "owner", "review", "audience", "schedule", "begins", "steps", "limits"}))
    return out;
  who_and_when(node, common);
  if (node["limits"]) limits(node["limits"], common);
  FlowStep step{.flow = name(node["flow"], "flow"), .begins = {}, .only_if = {}, .done = {}};
  if (!node["begins"]) problem(node, fmt::format("flow {} has no begins", step.flow));
  step.begins = std::make_shared<Spoken const>(node["begins"] ? spoken(node["begins"], "begins") : Spoken{});
  auto const steps = node["steps"];
  if (!steps || !steps.IsSequence() || steps.size() == 0) {
    problem(node, fmt::format("flow {} has no list of steps", step.flow));
    return out;
  }
  step.of = steps.size();
  for (step.number = 1; step.number <= step.of; ++step.number)
    out.push_back(flow_step(steps[step.number - 1], common, step));
  return out;
}

}  // namespace sotto::policy
