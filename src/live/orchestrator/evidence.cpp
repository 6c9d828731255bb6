// Whether words are what a rule waits for: one function a kind of trigger.
#include <algorithm>
#include <array>
#include <cmath>

#include <re2/re2.h>

#include "base/limits.h"
#include "live/orchestrator/orchestrator.h"
#include "live/orchestrator/phrase_match.h"
#include "live/orchestrator/words_of.h"

namespace sotto::orchestrator {

namespace {

using Kind = SpokenTrigger::Kind;
constexpr std::array kOfWords{Kind::phrase, Kind::parts, Kind::entity};

double cosine(std::vector<float> const& a, std::vector<float> const& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}  // namespace

double Orchestrator::nearest(std::vector<std::string> const& patterns, std::string const& text,
                             NodeResults const& results, std::string* pattern_found) const {
  auto const said = results.meanings.find(text);
  if (said == results.meanings.end() || !policies_->meanings) return 0;
  double best = 0;
  for (auto const& pattern : patterns) {
    auto const example = policies_->meanings->find(pattern);
    if (example == policies_->meanings->end()) continue;
    auto const score = cosine(said->second, example->second);
    if (score <= best) continue;
    best = score;
    if (pattern_found) *pattern_found = pattern;
  }
  return best;
}

// When the words from `first` to `past` were said.
static void place(std::int64_t& start_ms, std::int64_t& end_ms, std::vector<Word> const& words, std::size_t first,
                  std::size_t past) {
  if (words.empty()) return;
  start_ms = words[std::min(first, words.size() - 1)].start_ms;
  end_ms = words[std::min(past, words.size()) - 1].end_ms;
}

std::optional<Orchestrator::Evidence> Orchestrator::of_phrase(SpokenTrigger const& trigger, Unit const& unit) const {
  std::vector<std::string> words;
  for (auto const& word : unit.words) words.push_back(word.text);
  auto const heard = tokens(words);
  for (auto const& pattern : trigger.patterns) {
    auto const found = find_phrase(pattern, heard);
    if (!found || (unit.joined && found->past_word <= unit.new_from)) continue;
    Evidence evidence{.trigger = "phrase", .pattern = pattern, .text = "", .score = found->score};
    evidence.text = text_of(unit.words, found->first_word, found->past_word);
    place(evidence.start_ms, evidence.end_ms, unit.words, found->first_word, found->past_word);
    return evidence;
  }
  return std::nullopt;
}

// The last part that was wanting is in these words.
std::optional<Orchestrator::Evidence> Orchestrator::of_parts(SpokenTrigger const& trigger, Unit const& unit,
                                                             std::set<std::string> const& said) const {
  auto const heard = [&](auto const& part) { return said.contains(part); };
  if (!std::ranges::all_of(trigger.patterns, heard)) return std::nullopt;
  auto evidence = of_phrase(trigger, unit);
  if (evidence) evidence->trigger = "parts";
  return evidence;
}

// The likeliest wanted intent, where the words are about any intent at all.
std::optional<Orchestrator::Evidence> Orchestrator::of_intent(SpokenTrigger const& trigger, Unit const& unit,
                                                              NodeResults const& results) const {
  auto const judgements = results.judgements.find(unit.text);
  if (judgements == results.judgements.end()) return std::nullopt;
  std::optional<Evidence> best;
  for (auto const& judgement : judgements->second) {
    if (judgement.in_scope < language::kInScope) continue;
    for (auto const& intent : judgement.intents) {
      if (intent.probability < kIntentThreshold || (best && best->score >= intent.probability)) continue;
      if (std::ranges::find(trigger.patterns, intent.name) == trigger.patterns.end()) continue;
      best = Evidence{.trigger = "intent", .pattern = intent.name, .text = unit.text, .score = intent.probability};
      place(best->start_ms, best->end_ms, unit.words, 0, unit.words.size());
    }
  }
  return best;
}

std::optional<Orchestrator::Evidence> Orchestrator::of_sentiment(SpokenTrigger const& trigger, Unit const& unit,
                                                                 NodeResults const& results) const {
  constexpr std::size_t kFewWords = 3;          // "no" alone says nothing of it
  constexpr double kSour = -0.45, kFall = 0.5;  // worsening: below zero by this, and this far below the best so far
  auto const found = results.sentiments.find(unit.text);
  if (found == results.sentiments.end() || unit.joined || unit.words.size() < kFewWords) return std::nullopt;
  auto const sentiment = found->second;
  for (auto const& wanted : trigger.patterns) {
    bool const is = wanted == "negative"   ? sentiment <= -kPresentSentiment
                    : wanted == "positive" ? sentiment >= kPresentSentiment
                    : wanted == "neutral"
                        ? std::abs(sentiment) < kPresentSentiment
                        : memory_.sentiment_trend && *memory_.sentiment_trend <= kSour &&
                              *memory_.sentiment_trend <= memory_.best_sentiment_trend - kFall && sentiment < 0;
    if (!is) continue;
    Evidence evidence{
        .trigger = "sentiment", .pattern = wanted, .text = unit.text, .score = std::min(1.0, std::abs(sentiment))};
    place(evidence.start_ms, evidence.end_ms, unit.words, 0, unit.words.size());
    return evidence;
  }
  return std::nullopt;
}

std::optional<Orchestrator::Evidence> Orchestrator::of_entity(SpokenTrigger const& trigger, Unit const& unit) const {
  for (auto const& mention : unit.mentions) {
    if (std::ranges::find(trigger.patterns, mention.kind) == trigger.patterns.end()) continue;
    return Evidence{.trigger = "entity",
                    .pattern = mention.kind,
                    .text = mention.text,
                    .score = 1,
                    .start_ms = mention.start_ms,
                    .end_ms = mention.end_ms};
  }
  return std::nullopt;
}

std::set<std::string> const& Orchestrator::parts_said(Rule const& rule) const {
  static std::set<std::string> const none;
  auto const state = memory_.rules.find(rule.id);
  return state == memory_.rules.end() ? none : state->second.parts;
}

std::optional<Orchestrator::Evidence> Orchestrator::evaluate(Rule const& rule, SpokenTrigger const& trigger,
                                                             Unit const& unit, NodeResults const& results,
                                                             double threshold) const {
  switch (trigger.kind) {
    case Kind::phrase: return of_phrase(trigger, unit);
    case Kind::parts: return of_parts(trigger, unit, parts_said(rule));
    case Kind::intent: return of_intent(trigger, unit, results);
    case Kind::sentiment: return of_sentiment(trigger, unit, results);
    case Kind::entity: return of_entity(trigger, unit);
    case Kind::regex:
    case Kind::said_like: break;
  }
  Evidence evidence{.text = unit.text};
  place(evidence.start_ms, evidence.end_ms, unit.words, 0, unit.words.size());
  if (trigger.kind == Kind::said_like) {
    evidence.trigger = "said_like";
    evidence.score = nearest(trigger.patterns, unit.text, results, &evidence.pattern);
    if (evidence.score >= threshold) return evidence;
    return std::nullopt;
  }
  if (unit.joined || !re2::RE2::PartialMatch(unit.text, *trigger.regex)) return std::nullopt;
  evidence.trigger = "regex";
  evidence.pattern = trigger.patterns.front();
  evidence.score = 1;
  return evidence;
}

// Whether the words that evidence rests on were heard surely enough: each of them where it is the words that count,
// all together where it is their meaning.
static bool heard_surely(std::vector<Word> const& words, std::int64_t start_ms, std::int64_t end_ms, bool each) {
  double least = 1, sum = 0, count = 0;
  for (auto const& word : words) {
    if (!word.confidence || word.end_ms <= start_ms || word.start_ms >= end_ms) continue;
    least = std::min(least, *word.confidence);
    sum += *word.confidence;
    ++count;
  }
  return count == 0 || (each ? least : sum / count) >= limits::kTrustedWord;
}

bool heard_surely(std::vector<Word> const& words) {
  return words.empty() || heard_surely(words, words.front().start_ms, words.back().end_ms, false);
}

// Any (or all) of the triggers, on the best of the units.
std::optional<Orchestrator::Evidence> Orchestrator::evaluate(Rule const& rule, Spoken const& spoken,
                                                             std::vector<Unit> const& units, NodeResults const& results,
                                                             double threshold, Heard heard) const {
  std::optional<Evidence> best;
  for (auto const& trigger : spoken.triggers) {
    std::optional<Evidence> found;
    for (auto const& unit : units) {
      auto evidence = evaluate(rule, trigger, unit, results, threshold);
      bool const words_count = std::ranges::find(kOfWords, trigger.kind) != kOfWords.end();
      bool const doubtful = evidence && !heard_surely(unit.words, evidence->start_ms, evidence->end_ms, words_count);
      if (doubtful && heard == Heard::surely) continue;
      if (evidence && (!found || evidence->score > found->score + (unit.joined ? 0.05 : 0.0)))
        found = std::move(evidence);
    }
    if (spoken.all && !found) return std::nullopt;
    if (found && (!best || found->score > best->score)) best = std::move(found);
  }
  return best;
}

// `unless` beside spoken triggers: the same words are nearer to this.
bool Orchestrator::blocked(Rule const& rule, Track track, std::vector<Unit> const& units, NodeResults const& results,
                           Evidence const& evidence) const {
  bool const spoken = std::holds_alternative<Spoken>(rule.when) || std::holds_alternative<Order>(rule.when);
  if (!rule.unless || !spoken || !concerns(*rule.unless, track)) return false;
  auto const other = evaluate(rule, *rule.unless, units, results, 0.4);
  if (!other) return false;
  if (other->trigger != "said_like") return true;
  return other->score >= (evidence.trigger == "said_like" ? evidence.score : kSaidLikeThreshold);
}

}  // namespace sotto::orchestrator
