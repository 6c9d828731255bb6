#include "live/orchestrator/orchestrator.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>

#include <re2/re2.h>

#include "live/orchestrator/phrase_match.h"
#include "live/orchestrator/questions.h"
#include "live/orchestrator/words_of.h"

namespace sotto::orchestrator {

namespace {

// Finals further apart than this are not one thought.
constexpr std::int64_t kJoinWithinMs = 12'000;
// A correction is judged together with the final before it.
constexpr std::size_t kRemembered = 4;

using Kind = SpokenTrigger::Kind;

bool any_of_kind(Spoken const& spoken, std::initializer_list<Kind> kinds) {
  return std::ranges::any_of(
      spoken.triggers, [&](auto const& trigger) { return std::ranges::find(kinds, trigger.kind) != kinds.end(); });
}

}  // namespace

Orchestrator::Orchestrator(std::shared_ptr<PolicySet const> policies, CallFacts facts) {
  use(std::move(policies), std::move(facts));
}

void Orchestrator::use(std::shared_ptr<PolicySet const> policies, CallFacts facts) {
  facts_ = std::move(facts);
  given_ = std::move(policies);
  policies_ = for_call(given_, facts_);
}

std::vector<Orchestrator::Unit> Orchestrator::units(Utterance const& utterance) const {
  std::vector<Unit> out;
  out.push_back({.text = utterance.text, .words = utterance.words, .mentions = utterance.entities});
  // Sentences of a long final, each by itself.
  std::size_t from = 0;
  for (std::size_t i = 0; i < utterance.words.size(); ++i) {
    auto const& word = utterance.words[i].text;
    bool const ends = !word.empty() && (word.back() == '.' || word.back() == '?' || word.back() == '!');
    if (!ends && i + 1 < utterance.words.size()) continue;
    if (i + 1 - from >= 2 && i + 1 - from < utterance.words.size()) {
      out.push_back({.text = text_of(utterance.words, from, i + 1),
                     .words = {utterance.words.begin() + static_cast<long>(from),
                               utterance.words.begin() + static_cast<long>(i) + 1}});
    }
    from = i + 1;
  }
  auto const& last = memory_.last[index(utterance.said_by())];
  auto const before =
      std::ranges::find_if(last.rbegin(), last.rend(), [&](auto const& l) { return l.n < utterance.n; });
  if (before != last.rend() && utterance.start_ms - before->end_ms <= kJoinWithinMs) {
    auto const& earlier = *before;
    Unit joined{.text = earlier.text + " " + utterance.text,
                .words = earlier.words,
                .joined = true,
                .new_from = earlier.words.size()};
    joined.words.insert(joined.words.end(), utterance.words.begin(), utterance.words.end());
    out.push_back(std::move(joined));
  }
  return out;
}

std::optional<InferenceGraph> Orchestrator::on_utterance(Utterance const& utterance, std::int64_t number,
                                                         Time deadline) {
  InferenceGraph graph{.number = number,
                       .utterance = utterance,
                       .texts = {},
                       .questions = {},
                       .articles = {},
                       .team = "",
                       .deadline = deadline};
  auto const judged = units(utterance);
  bool wanted = false, embed = false, means = false, feels = false;
  for (auto const& rule : policies_->rules) {
    for_each_spoken(rule, [&](Spoken const& spoken) {
      if (!concerns(spoken, utterance.said_by())) return;
      wanted = true;
      means = means || any_of_kind(spoken, {Kind::said_like});
      feels = feels || any_of_kind(spoken, {Kind::sentiment});
      embed = embed || any_of_kind(spoken, {Kind::said_like, Kind::intent, Kind::sentiment});
      graph.wants_intents = graph.wants_intents || any_of_kind(spoken, {Kind::intent});
    });
    if (rule.measure && utterance.said_by() == Track::agent) wanted = embed = means = true;
    auto const* spoken = std::get_if<Spoken>(&rule.when);
    if (rule.knowledge && spoken && concerns(*spoken, utterance.said_by())) {
      embed = true;
      bool const known = std::ranges::find(graph.articles, rule.knowledge->articles) != graph.articles.end();
      if (!known && may_fire(rule, *spoken, judged)) graph.articles.push_back(rule.knowledge->articles);
    }
  }
  if (utterance.revision == 0) memory_.spoken_ms[index(utterance.said_by())] += utterance.end_ms - utterance.start_ms;
  if (graph.wants_intents) graph.before = turns_before(utterance);
  if (!graph.articles.empty()) graph.questions = questions(utterance, judged.back());
  if (embed) {
    for (auto const& unit : judged) {
      // Of the whole always, for the trend. What reaches back into the final before was judged then.
      bool const sentiment = utterance.said_by() == Track::customer && !unit.joined && (feels || graph.texts.empty());
      if (graph.wants_intents || means || sentiment)
        graph.texts.push_back({unit.text, {.vector = graph.wants_intents, .meaning = means, .sentiment = sentiment}});
    }
    graph.units = graph.texts.size();
    for (auto const& question : graph.questions) {
      auto const known = std::ranges::find(graph.texts, question, &ModelText::text);
      if (known != graph.texts.end()) known->wanted.vector = true;
      else graph.texts.push_back({question});
    }
  }
  // What the first words or the first speaker caused is judged again, whoever speaks now.
  if (wanted || utterance.revision > 0) return graph;
  remember(utterance);
  return std::nullopt;
}

// False where words alone decide, and it is not these: then nothing need be looked up for it.
bool Orchestrator::may_fire(Rule const& rule, Spoken const& spoken, std::vector<Unit> const& units) const {
  auto const of_words = [](SpokenTrigger const& trigger) {
    return trigger.kind == Kind::phrase || trigger.kind == Kind::regex || trigger.kind == Kind::entity;
  };
  return !std::ranges::all_of(spoken.triggers, of_words) ||
         evaluate(rule, spoken, units, {}, kSaidLikeThreshold).has_value();
}

// What it may ask the articles, in every reading. `last`: the last of its units.
std::vector<std::string> Orchestrator::questions(Utterance const& utterance, Unit const& last) const {
  bool const short_alone = last.joined && utterance.words.size() < 6;
  auto out = readings(short_alone ? last.text : utterance.text, utterance.words);
  // "It still blinks red", "how much of that do I get back?": what it is was said in the turn before.
  auto const back = refers_back(utterance.text);
  if (back == RefersBack::wholly) out.clear();
  auto const* const before = turn_before(utterance);
  if (before && (back != RefersBack::no || implies_problem(utterance.text)))
    out.push_back(before->text + " " + utterance.text);
  return out;
}

// What was said last before it, by whom ever; null when that is long ago.
Utterance const* Orchestrator::turn_before(Utterance const& utterance) const {
  Utterance const* found = nullptr;
  for (auto const& last : memory_.last) {
    for (auto const& said : last) {
      bool const before = said.id() != utterance.id() && said.end_ms <= utterance.end_ms;
      if (before && utterance.start_ms - said.end_ms <= kJoinWithinMs && (!found || said.end_ms > found->end_ms))
        found = &said;
    }
  }
  return found;
}

// What the other party said before it, the newest turn first; finals that follow each other are one turn.
std::vector<std::string> Orchestrator::turns_before(Utterance const& utterance) const {
  std::vector<Utterance const*> before;
  for (auto const& last : memory_.last) {
    for (auto const& said : last) {
      if (said.id() != utterance.id() && said.end_ms <= utterance.end_ms) before.push_back(&said);
    }
  }
  std::ranges::sort(before, std::greater(), &Utterance::end_ms);
  std::vector<std::string> turns;
  auto const us = utterance.said_by();
  for (auto const* later = &utterance; auto const* said : before) {
    if (said->said_by() != us) {
      if (later->said_by() == us) {
        if (turns.size() == language::kTurnsBefore) break;
        turns.push_back(said->text);
      } else {
        turns.back().insert(0, said->text + " ");
      }
    }
    later = said;
  }
  return turns;
}

// False when a later revision of it is known.
bool Orchestrator::remember(Utterance const& utterance) {
  // A correction may have given it to the other party.
  auto& others = memory_.last[1 - index(utterance.said_by())];
  auto const other = std::ranges::find_if(others, [&](auto const& known) { return known.id() == utterance.id(); });
  if (other != others.end() && other->revision > utterance.revision) return false;
  if (other != others.end()) others.erase(other);
  auto& last = memory_.last[index(utterance.said_by())];
  auto const at = std::ranges::lower_bound(last, utterance.n, {}, &Utterance::n);
  if (at == last.end() || at->n != utterance.n) {
    last.insert(at, utterance);
  } else if (at->revision > utterance.revision) {
    return false;
  } else {
    *at = utterance;
  }
  while (last.size() > kRemembered) last.pop_front();
  return true;
}

void Orchestrator::recall(Utterance const& utterance) {
  if (utterance.revision == 0) memory_.spoken_ms[index(utterance.said_by())] += utterance.end_ms - utterance.start_ms;
  remember(utterance);
}

void Orchestrator::replace(Utterance const& utterance) {
  for (auto& finals : memory_.last) {
    for (auto& known : finals) {
      if (known.id() == utterance.id() && known.revision == utterance.revision) known = utterance;
    }
  }
}

// What its articles answered; null: nothing, or it asks none.
Answer const* Orchestrator::answer_for(Rule const& rule, NodeResults const& results) {
  if (!rule.knowledge) return nullptr;
  auto const found = results.answers.find(rule.knowledge->articles);
  return found == results.answers.end() ? nullptr : &found->second;
}

double Orchestrator::nearness(std::string const& example, InferenceGraph const& graph,
                              NodeResults const& results) const {
  double best = 0;
  for (auto const& text : graph.texts) best = std::max(best, nearest({example}, text.text, results, nullptr));
  return best;
}

void Orchestrator::note_parts(Rule const& rule, Track track, std::vector<Unit> const& units) {
  for_each_spoken(rule, [&](Spoken const& spoken) {
    if (!concerns(spoken, track)) return;
    for (auto const& trigger : spoken.triggers) {
      if (trigger.kind != Kind::parts) continue;
      for (auto const& part : trigger.patterns) {
        SpokenTrigger const alone{Kind::phrase, {part}, nullptr};
        if (std::ranges::any_of(units, [&](auto const& unit) { return of_phrase(alone, unit).has_value(); }))
          memory_.rules[rule.id].parts.insert(part);
      }
    }
  });
}

// The trend follows the customer's words: each new one counts for two fifths.
void Orchestrator::note_sentiment(Utterance const& utterance, NodeResults const& results) {
  constexpr double kNewest = 0.4;
  auto const sentiment = results.sentiments.find(utterance.text);
  if (utterance.said_by() != Track::customer || sentiment == results.sentiments.end() || utterance.revision > 0) return;
  memory_.sentiment_trend = memory_.sentiment_trend
                                ? (1 - kNewest) * *memory_.sentiment_trend + kNewest * sentiment->second
                                : kNewest * sentiment->second;
  memory_.best_sentiment_trend = std::max(memory_.best_sentiment_trend, *memory_.sentiment_trend);
}

std::optional<Understood> Orchestrator::understood(InferenceGraph const& graph, NodeResults const& results) const {
  auto const& said = graph.utterance;
  if (said.said_by() != Track::customer) return std::nullopt;
  Understood out{.utterance = said.id(), .intents = {}, .sentiment = {}, .sentiment_trend = memory_.sentiment_trend};
  for (auto const& unit : units(said)) {
    auto const judgements = results.judgements.find(unit.text);
    if (unit.joined || judgements == results.judgements.end()) continue;
    for (auto const& judgement : judgements->second) {
      if (judgement.in_scope < language::kInScope) continue;
      for (auto const& [name, probability] : judgement.intents) {
        if (probability < kIntentThreshold) continue;
        auto const known = std::ranges::find(out.intents, name, &Understood::Wanted::name);
        if (known == out.intents.end()) out.intents.push_back({name, probability});
        else known->probability = std::max(known->probability, probability);
      }
    }
  }
  if (auto const sentiment = results.sentiments.find(said.text); sentiment != results.sentiments.end())
    out.sentiment = sentiment->second;
  if (out.intents.empty() && std::abs(out.sentiment.value_or(0)) < kClearSentiment) return std::nullopt;
  return out;
}

void Orchestrator::note_said(Rule const& rule, InferenceGraph const& graph, std::vector<Unit> const& units,
                             NodeResults const& results) {
  Spoken const* awaited = nullptr;
  if (auto const* order = std::get_if<Order>(&rule.when)) awaited = &order->other;
  else if (!std::holds_alternative<Spoken>(rule.when) && rule.unless) awaited = &*rule.unless;
  if (!awaited || !concerns(*awaited, graph.utterance.said_by())) return;
  auto const threshold = rule.threshold > 0 ? rule.threshold : kSaidLikeThreshold;
  if (!evaluate(rule, *awaited, units, results, threshold)) return;
  auto& state = memory_.rules[rule.id];
  if (!state.unless_ms) state.unless_ms = graph.utterance.end_ms;
  state.unless_last_ms = graph.utterance.end_ms;
  state.waiting_ms.reset();
}

Match Orchestrator::match(Rule const& rule, InferenceGraph const* graph, std::optional<Evidence> evidence,
                          std::int64_t call_ms, std::string trigger) const {
  Match out{.rule = &rule,
            .policy_version = policies_->version,
            .because = {.trigger = std::move(trigger)},
            .call_ms = call_ms};
  out.because.start_ms = out.because.end_ms = call_ms;
  out.because.score = 1;
  if (rule.unless) {
    for (auto const& wanted : rule.unless->triggers) {
      if (wanted.kind != Kind::parts) continue;
      std::ranges::copy_if(wanted.patterns, std::back_inserter(out.missing),
                           [&](auto const& part) { return !parts_said(rule).contains(part); });
    }
  }
  if (graph) {
    out.utterance_number = graph->number;
    out.because.utterance = graph->utterance.id();
    out.because.speaker = name(graph->utterance.said_by());
  }
  if (evidence) {
    out.because.text = evidence->text;
    out.because.pattern = evidence->pattern;
    out.because.score = out.score = std::min(1.0, evidence->score);
    out.because.start_ms = evidence->start_ms;
    out.because.end_ms = evidence->end_ms;
    if (out.because.trigger.empty()) out.because.trigger = evidence->trigger;
  }
  return out;
}

std::vector<Match> Orchestrator::complete(InferenceGraph const& graph, NodeResults const& results) {
  std::vector<Match> matches;
  auto const& said = graph.utterance;
  auto const judged = units(said);
  note_sentiment(said, results);
  for (auto const& rule : policies_->rules) {
    note_parts(rule, said.said_by(), judged);
    auto const threshold = rule.threshold > 0 ? rule.threshold : kSaidLikeThreshold;
    if (auto const* order = std::get_if<Order>(&rule.when); order && concerns(order->said, said.said_by())) {
      auto& state = memory_.rules[rule.id];
      auto evidence = evaluate(rule, order->said, judged, results, threshold);
      if (evidence && !blocked(rule, said.said_by(), judged, results, *evidence)) {
        bool const before =
            state.unless_ms && (order->within_ms == 0 || said.end_ms - *state.unless_last_ms <= order->within_ms);
        if (order->after && said.end_ms > state.told_ms) state.waiting_ms = said.end_ms;
        else if (!order->after && !before)
          matches.push_back(match(rule, &graph, std::move(evidence), said.end_ms, "order"));
      }
    }
    note_said(rule, graph, judged, results);
    auto const* spoken = std::get_if<Spoken>(&rule.when);
    if (!spoken || !concerns(*spoken, said.said_by())) continue;
    auto evidence = evaluate(rule, *spoken, judged, results, threshold);
    auto const* answer = answer_for(rule, results);
    if (!evidence && answer && heard_surely(said.words) && answer->probability >= kImpliedThreshold &&
        implies_problem(said.text)) {
      evidence = Evidence{.trigger = "implied",
                          .pattern = "",
                          .text = said.text,
                          .score = answer->score,
                          .start_ms = said.start_ms,
                          .end_ms = said.end_ms};
    }
    if (!evidence || blocked(rule, said.said_by(), judged, results, *evidence)) continue;
    auto found = match(rule, &graph, std::move(evidence), said.end_ms, "");
    if (rule.knowledge) {
      if (!answer || !heard_surely(said.words)) continue;
      found.answer = *answer;
      found.score = answer->score;
    }
    matches.push_back(std::move(found));
  }
  follow_flows(graph, judged, results, matches);
  if (!remember(said)) matches.clear();
  return matches;
}

// Once, and again only after the share has fallen by a tenth.
bool Orchestrator::talks_too_much(TalkRatio const& ratio, RuleState& state, std::int64_t call_ms) const {
  constexpr double kFall = 0.1;
  auto const all = memory_.spoken_ms[0] + memory_.spoken_ms[1];
  if (call_ms < ratio.after_ms || all == 0) return false;
  auto const share = static_cast<double>(memory_.spoken_ms[index(ratio.speaker)]) / static_cast<double>(all);
  if (share < ratio.over - kFall) state.fired = false;
  if (state.fired || share <= ratio.over) return false;
  return state.fired = true;
}

void Orchestrator::has_fired(std::string const& rule, std::int64_t call_ms) {
  auto& state = memory_.rules[rule];
  state.fired = true;
  state.told_ms = std::max(state.told_ms, call_ms);
}

std::vector<Match> Orchestrator::on_time(std::int64_t call_ms, std::int64_t quiet_ms) {
  std::vector<Match> matches;
  for (auto const& rule : policies_->rules) {
    auto& state = memory_.rules[rule.id];
    if (auto const* elapsed = std::get_if<AfterElapsed>(&rule.when)) {
      if (state.fired || call_ms < elapsed->after_ms) continue;
      state.fired = true;
      if (!state.unless_ms) matches.push_back(match(rule, nullptr, std::nullopt, call_ms, "elapsed"));
    } else if (auto const* silence = std::get_if<AfterSilence>(&rule.when)) {
      if (quiet_ms < silence->after_ms) state.fired = false;
      if (state.fired || quiet_ms < silence->after_ms) continue;
      state.fired = true;
      if (!state.unless_ms) matches.push_back(match(rule, nullptr, std::nullopt, call_ms, "silence"));
    } else if (auto const* order = std::get_if<Order>(&rule.when); order && state.waiting_ms) {
      if (call_ms - *state.waiting_ms < order->within_ms) continue;
      state.waiting_ms.reset();
      matches.push_back(match(rule, nullptr, std::nullopt, call_ms, "order"));
    } else if (auto const* ratio = std::get_if<TalkRatio>(&rule.when)) {
      if (talks_too_much(*ratio, state, call_ms))
        matches.push_back(match(rule, nullptr, std::nullopt, call_ms, "talk_ratio"));
    }
  }
  return matches;
}

}  // namespace sotto::orchestrator
