// A tenant's folders on the disk: its policies, intents, articles and questions, read and checked as one version.
// Blocks; never on the loop.
//   policies/<tenant>/[<team>/[<agent>/]]*.yaml     the nearer rule id wins
//   policies/<tenant>/*.intents                     of `sotto train intents`
//   knowledge/<tenant>/*.md, *.html, *.pdf
//   knowledge/<tenant>/questions.yaml               what they answer and what not
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "knowledge/knowledge_base.h"
#include "knowledge/names.h"
#include "library/article_files.h"
#include "orchestrator/router.h"
#include "policy/rules.h"

namespace sotto::app {

struct LibraryProblem {
  std::string file;
  int line = 0;
  std::string reason;
  std::string text() const;
};

struct TenantFiles {
  // Rules by scope: "" (tenant), "team", "team/agent".
  std::map<std::string, std::vector<Rule>> scopes;
  std::vector<knowledge::Passage> passages;
  std::vector<knowledge::LabelledQuestion> questions;
  std::vector<IntentDefinition> intents;
  knowledge::IntentModels trained;    // one a file
  std::vector<std::string> keyterms;  // as policies list them
  std::string digest;
  std::vector<LibraryProblem> problems;

  std::size_t rules() const;
};

// Rules and trained intents below a tenant's folder.
Result<Listing> policy_files(std::filesystem::path const& policies);
TenantFiles read_tenant(std::filesystem::path const& policies, std::filesystem::path const& knowledge,
                        ArticleTools const& tools = {});
// Why rules of `tenant` may not name this webhook; empty: they may.
using WebhookCheck = std::function<std::string(std::string const& webhook, std::string const& tenant)>;
// Takes from the rules what `check` does not let them name, and says so.
std::vector<LibraryProblem> drop_webhooks(TenantFiles& tenant, std::string const& name, WebhookCheck const& check);
// What a final costs at worst: texts that are compared with its words, phrases that are looked for in them.
struct PolicyCost {
  std::size_t examples = 0, phrases = 0;
};
PolicyCost cost_of(std::vector<Rule> const& rules);
// Every text that needs a vector before this version can be in force.
std::vector<std::string> texts_of(TenantFiles const& tenant);
// Every example of a rule: its meaning is needed.
std::vector<std::string> spoken_examples(TenantFiles const& tenant);
// What its recognisers are told to expect: the terms of its policies, then the names in its articles.
std::vector<std::string> expected_terms(TenantFiles const& tenant, knowledge::WordRank const& rank);
// The files of a tenant with size and time, and what could not be looked at: another text, another version.
std::string stamp_of(std::filesystem::path const& policies, std::filesystem::path const& knowledge);

}  // namespace sotto::app
