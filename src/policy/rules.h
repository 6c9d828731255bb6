// Policies as values: what to watch for and what to say (docs/policies.md). Immutable once
// resolved; shared between calls by pointer. Vectors of said-like examples and of unless examples are computed once per
// version.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "call/annotation.h"
#include "call/answer.h"
#include "call/call.h"
#include "call/track.h"

namespace re2 {
class RE2;
}

namespace sotto {

// One way words can match. said_like: nearness of meaning to any example; phrase: the words, tolerant of recognition
// errors; regex: RE2 syntax on the text as recognised; parts: each of the phrases was said in this call; intent: what
// is wanted, by name; sentiment: of the customer, from the words; entity: a number, date, name of that kind was given.
struct SpokenTrigger {
  enum class Kind { said_like, phrase, regex, parts, intent, sentiment, entity };
  Kind kind = Kind::phrase;
  std::vector<std::string> patterns;
  std::shared_ptr<re2::RE2 const> regex;  // of patterns[0], for Kind::regex
  bool operator==(SpokenTrigger const& other) const { return kind == other.kind && patterns == other.patterns; }
};

// Words of a speaker: any of the triggers (or all).
struct Spoken {
  std::optional<Track> speaker;  // nullopt: either
  std::vector<SpokenTrigger> triggers;
  bool all = false;
  bool operator==(Spoken const&) const = default;
};
struct AfterElapsed {
  std::int64_t after_ms = 0;
};
struct AfterSilence {
  std::int64_t after_ms = 0;
};
// A party has spoken more than its share of all that was said, once `after_ms` of the call have passed.
struct TalkRatio {
  Track speaker = Track::agent;
  double over = 0.7;  // 0..1
  std::int64_t after_ms = 120'000;
};
// `said` was said, and `other` was not said before (not_before; with `within_ms`: not in that time before) or within
// `within_ms` after (not_after).
struct Order {
  Spoken said, other;
  bool after = false;
  std::int64_t within_ms = 0;
};

// One of the guided steps of a flow. Due once the flow has begun, when it is not done and every step before it is done
// or not called for.
struct FlowStep {
  std::string flow;
  std::size_t number = 1, of = 1;        // the first step is 1
  std::shared_ptr<Spoken const> begins;  // words that begin the flow: the same of all its steps
  std::optional<Spoken> only_if;         // words that call for this step; nullopt: it always is
  Spoken done;                           // words with which it is done, before the flow began too
};

struct CueTemplate {
  std::string kind = "next_step";  // answer | next_step | say | careful | must_say
  std::string headline, body;
  std::string source;  // "file.md#heading-in-lower-case" or empty
};
struct KnowledgeAsk {
  std::string articles = "*.md";
};
// Something for the supervisor's eyes.
struct Alert {
  std::string severity = "warning";  // info | warning | urgent
  std::string message;
};
// Whom a rule is for; an empty list: everyone.
struct Audience {
  std::vector<std::string> teams, agents;
  std::vector<std::string> jurisdictions;  // of the call, as its source named it in metadata.jurisdiction
};
// When calls begin that a rule is for. Days and hours are of the place `utc_offset` names.
struct Schedule {
  std::optional<std::chrono::sys_days> from, until;  // both days included
  std::set<unsigned> days;                           // 1: Monday .. 7: Sunday; empty: every day
  int begins = 0, ends = 24 * 60;                    // minutes of the day
  int utc_offset = 0;                                // minutes east
};
struct RuleLimits {
  std::int64_t cool_down_ms = 60'000;
  int per_call = 3;
  std::int64_t fresh_ms = 6'000;
  std::int64_t shown_ms = 20'000;
  int priority = 50;
};
struct Measure {
  std::vector<std::string> agent_says_like;
  std::int64_t within_ms = 30'000;
};

// An intent made of a few examples, in a policy file beside the rules that name it.
struct IntentDefinition {
  std::string name;
  std::vector<std::string> examples;
  std::vector<std::string> unlike;  // near it, and not meant
  std::string file;
  int line = 0;
};

struct Rule {
  std::string id, owner;
  std::optional<std::chrono::sys_days> review;  // when its owner looks at it again
  std::string file;
  int line = 0;
  std::variant<Spoken, AfterElapsed, AfterSilence, Order, TalkRatio, FlowStep> when;
  std::optional<Spoken> unless;
  std::optional<CueTemplate> cue;
  std::optional<ChecklistItem> checklist;
  std::optional<KnowledgeAsk> knowledge;
  std::optional<Alert> alert;
  std::vector<std::string> tags;
  std::vector<std::string> webhooks;  // names in the server's configuration, never addresses
  Audience audience;
  Schedule schedule;
  RuleLimits limits;
  std::optional<Measure> measure;
  double threshold = 0;  // of said_like; 0: the default
};

// 1 to 40 letters, digits, - and _: how policies, the configuration, metrics and the log name a receiver.
bool is_webhook_name(std::string_view name);

// What decides whether a rule is in force for a call.
struct CallFacts {
  std::string team, agent, jurisdiction;
  Time started{};
};
CallFacts facts(CallInfo const& call);
bool in_force(Rule const& rule, CallFacts const& call);

// Every stretch of speech a rule watches for.
template <typename Visit>
void for_each_spoken(Rule const& rule, Visit visit) {
  if (auto const* spoken = std::get_if<Spoken>(&rule.when)) visit(*spoken);
  if (auto const* order = std::get_if<Order>(&rule.when)) {
    visit(order->said);
    visit(order->other);
  }
  if (auto const* step = std::get_if<FlowStep>(&rule.when)) {
    if (step->number == 1) visit(*step->begins);
    if (step->only_if) visit(*step->only_if);
    visit(step->done);
  }
  if (rule.unless) visit(*rule.unless);
}

// What is in force for one (tenant, team, agent).
struct PolicySet {
  std::string version;  // digest of the rules' text
  std::vector<Rule> rules;
  // The meanings (ports/model_shard.h) of every said-like, unless and measure example, by text. Empty until the encoder
  // answered.
  std::shared_ptr<std::unordered_map<std::string, std::vector<float>> const> meanings;

  std::vector<ChecklistItem> checklist() const;
};

// Those of the rules that are for this call.
std::shared_ptr<PolicySet const> for_call(std::shared_ptr<PolicySet const> policies, CallFacts const& call);

// A rule that fired, with its evidence.
struct Match {
  Rule const* rule = nullptr;
  std::string policy_version;
  std::int64_t utterance_number = 0;  // event number of the utterance; 0: a matter of time
  Because because;
  double score = 1.0;
  std::optional<Answer> answer;      // of a knowledge rule
  std::optional<Source> source;      // the passage a cue's template names
  std::vector<std::string> missing;  // of words that must be said: the parts not heard yet
  std::int64_t call_ms = 0;          // media time of the trigger
};

}  // namespace sotto
