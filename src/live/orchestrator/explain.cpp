// Why a rule fires on some words or does not: the same evaluation as complete(), told in a line.
#include <algorithm>

#include <fmt/format.h>

#include "live/orchestrator/orchestrator.h"
#include "live/orchestrator/questions.h"
#include "live/orchestrator/words_of.h"

namespace sotto::orchestrator {

namespace {

std::string seconds(std::int64_t ms) { return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000); }

}  // namespace

// How near the words came to a rule that they did not meet.
std::string Orchestrator::nearest_miss(Spoken const& spoken, std::vector<Unit> const& units, NodeResults const& results,
                                       double threshold) const {
  double like = 0, likely = 0;
  std::string example, intent;
  bool out_of_scope = false;
  for (auto const& trigger : spoken.triggers) {
    for (auto const& unit : units) {
      std::string pattern;
      auto const score = trigger.kind == SpokenTrigger::Kind::said_like
                             ? nearest(trigger.patterns, unit.text, results, &pattern)
                             : 0.0;
      if (score > like) like = score, example = pattern;
      auto const judgements = results.judgements.find(unit.text);
      if (trigger.kind != SpokenTrigger::Kind::intent || judgements == results.judgements.end()) continue;
      for (auto const& judgement : judgements->second) {
        for (auto const& wanted : judgement.intents) {
          if (wanted.probability <= likely ||
              std::ranges::find(trigger.patterns, wanted.name) == trigger.patterns.end())
            continue;
          likely = wanted.probability, intent = wanted.name;
          out_of_scope = judgement.in_scope < language::kInScope;
        }
      }
    }
  }
  std::string out = "its words were not said";
  if (like > 0) out += fmt::format("; nearest example \"{}\" at {:.2f}, wanted {:.2f}", example, like, threshold);
  if (likely > 0)
    out += fmt::format("; intent {} at {:.2f}, wanted {:.2f}{}", intent, likely, kIntentThreshold,
                       out_of_scope ? ", but the words are about none of the intents" : "");
  return out;
}

std::string Orchestrator::explain_spoken(Rule const& rule, Spoken const& spoken, std::vector<Unit> const& units,
                                         NodeResults const& results, Track track) const {
  auto const threshold = rule.threshold > 0 ? rule.threshold : kSaidLikeThreshold;
  if (!concerns(spoken, track)) return fmt::format("it listens to the {} only", name(*spoken.speaker));
  auto const evidence = evaluate(rule, spoken, units, results, threshold);
  if (!evidence && evaluate(rule, spoken, units, results, threshold, Heard::somehow))
    return "its words were heard too uncertainly";
  if (!evidence) {
    auto const* answer = answer_for(rule, results);
    bool const implied = answer && answer->probability >= kImpliedThreshold && implies_problem(units.front().text);
    return implied ? "a problem was stated that a passage answers" : nearest_miss(spoken, units, results, threshold);
  }
  auto const found =
      fmt::format("{} \"{}\" in \"{}\", {:.2f}", evidence->trigger, evidence->pattern, evidence->text, evidence->score);
  if (blocked(rule, track, units, results, *evidence)) return found + "; held back: nearer to its unless";
  if (rule.knowledge && !answer_for(rule, results)) return found + "; no passage answers it";
  if (rule.knowledge && !heard_surely(units.front().words)) return found + "; it was heard too uncertainly";
  return found;
}

std::string Orchestrator::explain_order(Rule const& rule, Order const& order, std::vector<Unit> const& units,
                                        NodeResults const& results, Track track) const {
  auto out = explain_spoken(rule, order.said, units, results, track);
  auto const state = state_of(rule);
  if (order.after && state.waiting_ms)
    return fmt::format("{}; its other words are waited for since {}, {} at most", out, seconds(*state.waiting_ms),
                       seconds(order.within_ms));
  if (state.unless_last_ms) out += "; its other words were said, last at " + seconds(*state.unless_last_ms);
  return out;
}

std::string Orchestrator::explain_time(Rule const& rule) const {
  auto const state = state_of(rule);
  auto const said = state.unless_ms ? "; its unless was said at " + seconds(*state.unless_ms) : std::string();
  if (auto const* elapsed = std::get_if<AfterElapsed>(&rule.when))
    return fmt::format("{} at {} of the call{}", state.fired ? "its time came" : "it waits for its time",
                       seconds(elapsed->after_ms), said);
  if (auto const* silence = std::get_if<AfterSilence>(&rule.when))
    return fmt::format("it waits for a silence of {}{}", seconds(silence->after_ms), said);
  auto const& ratio = std::get<TalkRatio>(rule.when);
  auto const all = std::max<std::int64_t>(1, memory_.spoken_ms[0] + memory_.spoken_ms[1]);
  return fmt::format("the {} has said {} % so far, wanted more than {:.0f} % after {}", name(ratio.speaker),
                     memory_.spoken_ms[index(ratio.speaker)] * 100 / all, ratio.over * 100, seconds(ratio.after_ms));
}

RuleState Orchestrator::state_of(Rule const& rule) const {
  auto const known = memory_.rules.find(rule.id);
  return known == memory_.rules.end() ? RuleState{} : known->second;
}

std::vector<Verdict> Orchestrator::explain(InferenceGraph const& graph, NodeResults const& results,
                                           std::span<Match const> matches) const {
  std::vector<Verdict> out;
  auto const track = graph.utterance.said_by();
  auto const judged = units(graph.utterance);
  for (auto const& rule : policies_->rules) {
    Verdict verdict{.rule = &rule, .fired = std::ranges::find(matches, &rule, &Match::rule) != matches.end()};
    if (auto const* spoken = std::get_if<Spoken>(&rule.when))
      verdict.why = explain_spoken(rule, *spoken, judged, results, track);
    else if (auto const* order = std::get_if<Order>(&rule.when))
      verdict.why = explain_order(rule, *order, judged, results, track);
    else if (auto const* step = std::get_if<FlowStep>(&rule.when)) verdict.why = explain_step(rule, *step);
    else verdict.why = explain_time(rule);
    out.push_back(std::move(verdict));
  }
  for (auto const& rule : given_->rules) {
    if (!in_force(rule, facts_)) out.push_back({&rule, false, "not for this call, by its audience or its schedule"});
  }
  return out;
}

}  // namespace sotto::orchestrator
