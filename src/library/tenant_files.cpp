#include "library/tenant_files.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "adapters/files/file_bytes.h"
#include "adapters/openssl/secrets.h"
#include "base/limits.h"
#include "library/article_files.h"
#include "library/intent_training.h"
#include "policy/parser.h"

namespace sotto::app {

namespace fs = std::filesystem;

static bool is_policy_file(fs::path const& file) {
  return file.extension() == ".yaml" || file.extension() == ".intents";
}

Result<Listing> policy_files(fs::path const& folder) { return files_below(folder, {.wanted = is_policy_file}); }

namespace {

// Problems of the listing are the tenant's: the last good version stays.
std::vector<fs::path> listed(fs::path const& folder, std::vector<LibraryProblem>& problems) {
  auto listing = policy_files(folder);
  if (!listing) {
    problems.push_back({folder.string(), 0, listing.error().message});
    return {};
  }
  for (auto& [file, reason] : listing->refused) problems.push_back({std::move(file), 0, std::move(reason)});
  return std::move(listing->files);
}

// "team/agent" of a policy file below its tenant's folder; depth is at most two.
std::string scope_of(fs::path const& tenant, fs::path const& file) {
  auto const scope = fs::relative(file.parent_path(), tenant).generic_string();
  return scope == "." ? "" : scope;
}

void check_sources(TenantFiles& tenant) {
  knowledge::KnowledgeBase const base(tenant.passages, std::make_shared<knowledge::Vectors const>());
  for (auto const& [scope, rules] : tenant.scopes) {
    for (auto const& rule : rules) {
      if (!rule.cue || rule.cue->source.empty() || base.find(rule.cue->source)) continue;
      tenant.problems.push_back(
          {rule.file, rule.line, fmt::format("rule {}: there is no passage {}", rule.id, rule.cue->source)});
    }
  }
}

// An intent that a rule waits for must come from somewhere.
void check_intents(TenantFiles& tenant) {
  std::set<std::string> known;
  for (auto const& intent : tenant.intents) {
    if (!known.insert(intent.name).second)
      tenant.problems.push_back({intent.file, intent.line, fmt::format("intent {} is defined twice", intent.name)});
  }
  for (auto const& model : tenant.trained) {
    for (auto const& intent : tenant.intents) {
      if (std::ranges::find(model->names(), intent.name) != model->names().end())
        tenant.problems.push_back(
            {intent.file, intent.line,
             fmt::format("intent {} is trained in a .intents file too; names must differ", intent.name)});
    }
  }
  for (auto const& model : tenant.trained) known.insert(model->names().begin(), model->names().end());
  for (auto const& [scope, rules] : tenant.scopes) {
    for (auto const& rule : rules) {
      for_each_spoken(rule, [&](Spoken const& spoken) {
        for (auto const& trigger : spoken.triggers) {
          if (trigger.kind != SpokenTrigger::Kind::intent) continue;
          for (auto const& name : trigger.patterns) {
            if (known.contains(name)) continue;
            tenant.problems.push_back(
                {rule.file, rule.line,
                 fmt::format(
                     "rule {} waits for intent {}, which no file defines and no model was trained for; known: {}",
                     rule.id, name, known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")))});
          }
        }
      });
    }
  }
}

// Of all scopes together: no call has more in force.
void check_cost(TenantFiles& tenant) {
  PolicyCost all;
  for (auto const& [scope, rules] : tenant.scopes) {
    auto const cost = cost_of(rules);
    all.examples += cost.examples;
    all.phrases += cost.phrases;
  }
  if (all.examples <= limits::kPolicyExamplesMax && all.phrases <= limits::kPolicyPhrasesMax) return;
  tenant.problems.push_back(
      {tenant.scopes.begin()->second.front().file, 0,
       fmt::format("the rules cost too much for every final: {} examples (at most {}) and {} phrases (at most {})",
                   all.examples, limits::kPolicyExamplesMax, all.phrases, limits::kPolicyPhrasesMax)});
}

void check_keyterms(TenantFiles& tenant, fs::path const& folder) {
  if (tenant.keyterms.size() <= limits::kKeytermsMax) return;
  tenant.problems.push_back({folder.string(), 0,
                             fmt::format("{} keyterms; at most {} help, beyond them each finds the others less",
                                         tenant.keyterms.size(), limits::kKeytermsMax)});
}

// Nothing where it cannot be read: a problem of the tenant.
std::string read_file(fs::path const& file, std::size_t bytes_max, TenantFiles& tenant) {
  auto bytes = read_bytes(file, bytes_max);
  if (!bytes) tenant.problems.push_back({file.string(), 0, bytes.error().message});
  return std::move(bytes).value_or("");
}

void read_trained(fs::path const& file, TenantFiles& tenant, std::string& everything) {
  auto const bytes = read_file(file, limits::kTrainedBytesMax, tenant);
  if (bytes.empty()) return;
  everything += bytes;
  auto model = language::IntentModel::read(bytes);
  if (model) tenant.trained.push_back(std::make_shared<language::IntentModel const>(std::move(*model)));
  else tenant.problems.push_back({file.string(), 0, model.error().message});
}

}  // namespace

PolicyCost cost_of(std::vector<Rule> const& rules) {
  PolicyCost out;
  for (auto const& rule : rules) {
    for_each_spoken(rule, [&](Spoken const& spoken) {
      for (auto const& trigger : spoken.triggers) {
        bool const compared = trigger.kind == SpokenTrigger::Kind::said_like;
        (compared ? out.examples : out.phrases) += trigger.patterns.size();
      }
    });
    if (rule.measure) out.examples += rule.measure->agent_says_like.size();
  }
  return out;
}

std::size_t TenantFiles::rules() const {
  std::size_t sum = 0;
  for (auto const& [scope, rules] : scopes) sum += rules.size();
  return sum;
}

std::string LibraryProblem::text() const { return fmt::format("{}:{}: {}", file, line, reason); }

std::vector<std::string> spoken_examples(TenantFiles const& tenant) {
  std::set<std::string> texts;
  auto const add = [&](Spoken const& spoken) {
    for (auto const& trigger : spoken.triggers) {
      if (trigger.kind == SpokenTrigger::Kind::said_like)
        texts.insert(trigger.patterns.begin(), trigger.patterns.end());
    }
  };
  for (auto const& [scope, rules] : tenant.scopes) {
    for (auto const& rule : rules) {
      for_each_spoken(rule, add);
      if (rule.measure) texts.insert(rule.measure->agent_says_like.begin(), rule.measure->agent_says_like.end());
    }
  }
  return {texts.begin(), texts.end()};
}

std::vector<std::string> expected_terms(TenantFiles const& tenant, knowledge::WordRank const& rank) {
  auto terms = tenant.keyterms;
  for (auto& name : knowledge::names_in(tenant.passages, rank, limits::kKeytermsMax)) {
    if (terms.size() >= limits::kKeytermsMax) break;
    if (std::ranges::find(terms, name) == terms.end()) terms.push_back(std::move(name));
  }
  return terms;
}

std::vector<std::string> texts_of(TenantFiles const& tenant) {
  auto const intents = intent_texts(tenant.intents);
  std::set<std::string> texts(intents.begin(), intents.end());
  for (auto const& text : knowledge::KnowledgeBase::texts_to_embed(tenant.passages)) texts.insert(text);
  for (auto const& question : tenant.questions) texts.insert(question.ask);
  return {texts.begin(), texts.end()};
}

TenantFiles read_tenant(fs::path const& policies, fs::path const& knowledge, ArticleTools const& tools) {
  TenantFiles tenant;
  std::string everything;
  auto articles = read_articles(knowledge, tools);
  everything += articles.text;
  for (auto& problem : articles.problems)
    tenant.problems.push_back({std::move(problem.file), problem.line, std::move(problem.reason)});
  tenant.passages = std::move(articles.passages);
  auto questions = read_questions(knowledge, tenant.passages);
  everything += questions.text;
  for (auto& problem : questions.problems)
    tenant.problems.push_back({std::move(problem.file), problem.line, std::move(problem.reason)});
  tenant.questions = std::move(questions.questions);
  std::map<std::string, std::map<std::string, std::string>> ids;  // scope -> rule id -> file
  auto const files = listed(policies, tenant.problems);
  for (auto const& file : files) {
    if (file.extension() != ".yaml") continue;
    auto const text = read_file(file, limits::kSettingsBytesMax, tenant);
    auto const scope = scope_of(policies, file);
    everything += scope + file.filename().string() + "\n" + text;
    if (std::ranges::count(scope, '/') > 1) tenant.problems.push_back({file.string(), 1, "deeper than <team>/<agent>"});
    auto parsed = policy::parse_policies(text, file.string());
    for (auto& problem : parsed.problems)
      tenant.problems.push_back({problem.file, problem.line, std::move(problem.reason)});
    std::ranges::move(parsed.intents, std::back_inserter(tenant.intents));
    std::ranges::move(parsed.keyterms, std::back_inserter(tenant.keyterms));
    for (auto& rule : parsed.rules) {
      auto const [known, fresh] = ids[scope].emplace(rule.id, file.string());
      if (!fresh && known->second != file.string())
        tenant.problems.push_back(
            {rule.file, rule.line, fmt::format("rule id {} is used in {} too", rule.id, known->second)});
      tenant.scopes[scope].push_back(std::move(rule));
    }
  }
  for (auto const& file : files) {
    if (file.extension() == ".intents") read_trained(file, tenant, everything);
  }
  check_sources(tenant);
  check_intents(tenant);
  check_cost(tenant);
  check_keyterms(tenant, policies);
  tenant.digest = digest(everything).substr(0, 12);
  return tenant;
}

std::vector<LibraryProblem> drop_webhooks(TenantFiles& tenant, std::string const& name, WebhookCheck const& check) {
  std::vector<LibraryProblem> dropped;
  for (auto& [scope, rules] : tenant.scopes) {
    for (auto& rule : rules) {
      std::erase_if(rule.webhooks, [&](std::string const& webhook) {
        auto const why = check(webhook, name);
        if (!why.empty()) dropped.push_back({rule.file, rule.line, fmt::format("rule {}: {}", rule.id, why)});
        return !why.empty();
      });
    }
  }
  return dropped;
}

std::string stamp_of(fs::path const& policies, fs::path const& knowledge) {
  std::string out;
  std::error_code failed;
  std::vector<fs::path> files;
  auto const add = [&](Result<Listing> const& listing) {
    if (!listing) {
      out += listing.error().message + "\n";
      return;
    }
    for (auto const& [file, reason] : listing->refused) out += file + " " + reason + "\n";
    std::ranges::copy(listing->files, std::back_inserter(files));
  };
  add(policy_files(policies));
  add(article_files(knowledge));
  if (fs::exists(knowledge / "questions.yaml", failed)) files.push_back(knowledge / "questions.yaml");
  for (auto const& file : files) {
    out += fmt::format("{} {} {}\n", file.string(), fs::file_size(file, failed),
                       fs::last_write_time(file, failed).time_since_epoch().count());
  }
  return out;
}

}  // namespace sotto::app
