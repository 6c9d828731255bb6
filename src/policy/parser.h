// Policy files (YAML) to rules. Pure. Collects every problem of a file, each with its line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/rules.h"

namespace sotto::policy {

struct PolicyProblem {
  std::string file;
  int line = 0;
  std::string reason;
};

struct ParsedPolicies {
  std::vector<Rule> rules;
  std::vector<IntentDefinition> intents;
  std::vector<std::string> keyterms;
  std::vector<PolicyProblem> problems;  // empty: the file is good
};

// What is answered wherever somebody tries to configure it.
inline constexpr std::string_view kEmotionIsRefused =
    "emotion cannot be configured: inferring the emotions of people at work from their voice is prohibited in the EU "
    "(Regulation 2024/1689, Article 5(1)(f)); the customer's sentiment, judged from the words alone, can: "
    "`sentiment: negative`";

ParsedPolicies parse_policies(std::string_view text, std::string const& file);

}  // namespace sotto::policy
