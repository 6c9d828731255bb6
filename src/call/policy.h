// Policies as values: what to watch for and what to say (design.md section 7, docs/policies.md). Immutable once
// resolved; shared between calls by pointer. Vectors of said-like examples and of unless examples are computed once per
// version.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "call/annotation.h"
#include "call/track.h"

namespace re2 {
class RE2;
}

namespace sotto {

// One way words can match. said_like: nearness of meaning to any example; phrase: the words, tolerant of recognition
// errors; regex: RE2 syntax on the text as recognised.
struct SpokenTrigger {
  enum class Kind { said_like, phrase, regex };
  Kind kind = Kind::phrase;
  std::vector<std::string> patterns;
  std::shared_ptr<re2::RE2 const> regex;  // of patterns[0], for Kind::regex
};

// Words of a speaker: any of the triggers (or all).
struct Spoken {
  std::optional<Track> speaker;  // nullopt: either
  std::vector<SpokenTrigger> triggers;
  bool all = false;
};
struct AfterElapsed {
  std::int64_t after_ms = 0;
};
struct AfterSilence {
  std::int64_t after_ms = 0;
};
// `said` was said, and `other` was not said before (not_before) or within `within_ms` after (not_after).
struct Order {
  Spoken said, other;
  bool after = false;
  std::int64_t within_ms = 0;
};

struct CueTemplate {
  std::string kind = "next_step";  // answer | next_step | say | careful | must_say
  std::string headline, body;
  std::string source;  // "file.md#heading-in-lower-case" or empty
};
struct ChecklistItem {
  std::string item, label;
};
struct KnowledgeAsk {
  std::string articles = "*.md";
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

struct Rule {
  std::string id, owner;
  std::string file;
  int line = 0;
  std::variant<Spoken, AfterElapsed, AfterSilence, Order> when;
  std::optional<Spoken> unless;
  std::optional<CueTemplate> cue;
  std::optional<ChecklistItem> checklist;
  std::optional<KnowledgeAsk> knowledge;
  RuleLimits limits;
  std::optional<Measure> measure;
  double threshold = 0;  // of said_like; 0: the default
};

// What is in force for one (tenant, team, agent).
struct PolicySet {
  std::string version;  // digest of the rules' text
  std::vector<Rule> rules;
  // Unit vectors of every said-like, unless and measure example, by text. Empty until the encoder answered.
  std::shared_ptr<std::unordered_map<std::string, std::vector<float>> const> vectors;

  std::vector<ChecklistItem> checklist() const;
};

// A rule that fired, with its evidence.
struct Match {
  Rule const* rule = nullptr;
  std::string policy_version;
  std::int64_t utterance_number = 0;  // event number of the utterance; 0: a matter of time
  Because because;
  double score = 1.0;
  // For knowledge rules: the answer found.
  struct Answer {
    std::string headline, body;
    Source source;
    double score = 0;
    double probability = 0;  // calibrated: that it answers what was asked
  };
  std::optional<Answer> answer;
  std::optional<Source> source;  // the passage a cue's template names
  std::int64_t call_ms = 0;      // media time of the trigger
};

}  // namespace sotto
