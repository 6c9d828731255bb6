// Policy files (YAML) to rules. Pure. Collects every problem of a file, each with its line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "call/policy.h"

namespace sotto::orchestrator {

struct PolicyProblem {
  std::string file;
  int line = 0;
  std::string reason;
};

struct ParsedPolicies {
  std::vector<Rule> rules;
  std::vector<IntentDefinition> intents;
  std::vector<PolicyProblem> problems;  // empty: the file is good
};

ParsedPolicies parse_policies(std::string_view text, std::string const& file);

}  // namespace sotto::orchestrator
