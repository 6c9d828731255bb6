// A caller who wants to cancel, and the rule that hears it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "policy/rules.h"
#include "support/scripted_recognizer.h"

namespace sotto {

inline constexpr std::int64_t kSecond = 16000;

// 2 s of words, 1 s of silence, again and again.
inline std::vector<ScriptedInterval> talk() {
  return {{2 * kSecond, "I want to cancel my contract."},
          {kSecond, ""},
          {2 * kSecond, "it is too expensive for me."},
          {kSecond, ""}};
}

inline std::shared_ptr<PolicySet const> cancel_policy(RuleLimits limits = {}) {
  Rule rule{.id = "cancel",
            .when = Spoken{.triggers = {{SpokenTrigger::Kind::phrase, {"cancel my contract"}, nullptr}}},
            .limits = limits};
  rule.cue = CueTemplate{.headline = "Ask why", .body = "Then offer the plan."};
  rule.measure = Measure{.agent_says_like = {"may I ask why"}};
  return std::make_shared<PolicySet const>(PolicySet{.version = "v1", .rules = {rule}, .meanings = nullptr});
}

}  // namespace sotto
