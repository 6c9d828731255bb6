#include <algorithm>
#include <chrono>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "adapters/files/file_bytes.h"
#include "adapters/files/folder.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "library/library.h"
#include "library/tenant_folders.h"
#include "policy/parser.h"

namespace sotto::app {

namespace fs = std::filesystem;

// The articles of the tenant whose policies stand at a path; empty where there are none beside them.
static fs::path knowledge_beside(fs::path const& policies) {
  auto const around = folders_around(policies);
  if (around.knowledge.empty() || around.tenant.empty()) return {};
  return around.knowledge / around.tenant;
}

static void name_missing_articles(TenantFiles const& tenant, fs::path const& path) {
  auto const has_source = [](Rule const& rule) { return rule.cue && !rule.cue->source.empty(); };
  bool const any = std::ranges::any_of(
      tenant.scopes, [&](auto const& scope) { return std::ranges::any_of(scope.second, has_source); });
  if (any && knowledge_beside(path).empty())
    fmt::print("{}: note: no folder of articles beside it: `source` of its rules finds nothing\n", path.string());
}

// What a path stands for: a folder of tenants for each of them, and a file inside config/policies/<tenant> for its
// whole tenant, for that is what the server takes or refuses. Anything else for itself.
static std::vector<fs::path> meant_by(fs::path const& path) {
  std::error_code failed;
  auto const whole = fs::absolute(path / "").lexically_normal().parent_path();
  if (fs::is_directory(path, failed)) {
    if (whole.filename() != "policies") return {path};
    auto tenants = files_below(path, {.wanted = {}, .below = false, .folders = true});
    return tenants ? std::move(tenants->files) : std::vector{path};
  }
  fs::path tenant;
  for (auto at = whole.begin(); at != whole.end(); ++at) {
    tenant /= *at;
    if (*at == "policies" && std::next(at) != whole.end()) tenant /= *std::next(at);
    if (*at == "policies" && std::distance(at, whole.end()) > 2 && path.extension() == ".yaml") return {tenant};
  }
  return {path};
}

// Files that look like policies or written calls and are not read.
static void name_ignored(fs::path const& folder) {
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return;
  auto const is_read = [](fs::path const& file) {
    return file.extension() == ".yaml" || file.extension() == ".intents" || file.extension() == ".call";
  };
  auto const looks_like_one = [](fs::path const& file) {
    return seems(file, {".yaml", ".yml", ".json", ".intents", ".call"});
  };
  auto const listing = files_below(folder, {.wanted = looks_like_one});
  if (!listing) return;  // a problem, told elsewhere
  for (auto const& file : listing->files) {
    if (is_read(file)) continue;
    bool const call = seems(file, {".call"});
    fmt::print("{}: note: not read: the name of a {} ends in {}\n", file.string(),
               call                        ? "written call"
               : seems(file, {".intents"}) ? "trained model"
                                           : "policy file",
               call                        ? ".call"
               : seems(file, {".intents"}) ? ".intents"
                                           : ".yaml");
  }
  if (auto const names = unread_names(*listing, folder); !names.empty())
    fmt::print("{}: note: {}\n", folder.string(), names);
}

static TenantFiles check_one(fs::path const& path) {
  std::error_code failed;
  if (fs::is_directory(path, failed)) return read_tenant(path, knowledge_beside(path));
  TenantFiles tenant;
  auto const bytes = read_bytes(path, limits::kSettingsBytesMax);
  if (!bytes) {
    tenant.problems.push_back({path.string(), 0, bytes.error().message});
    return tenant;
  }
  auto parsed = policy::parse_policies(*bytes, path.string());
  for (auto& problem : parsed.problems) tenant.problems.push_back({problem.file, problem.line, problem.reason});
  auto const articles = read_tenant({}, knowledge_beside(path));
  knowledge::KnowledgeBase const base(articles.passages, std::make_shared<knowledge::Vectors const>());
  for (auto const& rule : parsed.rules) {
    if (!rule.cue || rule.cue->source.empty() || articles.passages.empty() || base.find(rule.cue->source)) continue;
    tenant.problems.push_back(
        {rule.file, rule.line, fmt::format("rule {}: there is no passage {}", rule.id, rule.cue->source)});
  }
  tenant.scopes[""] = std::move(parsed.rules);
  return tenant;
}

// Of a file alone the tenant is not known: only the names are checked.
static void add_webhook_problems(TenantFiles& tenant, fs::path const& path, std::vector<WebhookSettings> webhooks) {
  std::error_code failed;
  bool const folder = fs::is_directory(path, failed);
  if (!folder) std::ranges::for_each(webhooks, [](WebhookSettings& one) { one.tenants.clear(); });
  auto const name = fs::absolute(path / "").lexically_normal().parent_path().filename().string();
  std::ranges::move(drop_webhooks(tenant, name, std::bind_front(why_no_webhook, webhooks)),
                    std::back_inserter(tenant.problems));
}

static void name_past_dates(Rule const& rule, std::chrono::sys_days today) {
  if (rule.schedule.until && *rule.schedule.until < today)
    fmt::print("{}:{}: note: the schedule of rule {} has ended: it does not fire any more\n", rule.file, rule.line,
               rule.id);
  if (rule.review && *rule.review < today)
    fmt::print("{}:{}: note: the review of rule {} by {} is overdue\n", rule.file, rule.line, rule.id,
               rule.owner.empty() ? "nobody" : rule.owner);
}

int run_policy_check(std::vector<fs::path> const& paths, fs::path const& config_file) {
  Config config;
  if (!config_file.empty()) {
    if (auto const loaded = load_config(config_file, config); !loaded) {
      fmt::print(stderr, "{}\n", loaded.error().message);
      return 2;
    }
  }
  std::set<fs::path> meant;
  std::size_t rules = 0, problems = 0;
  for (auto const& path : paths) {
    if (auto const good = judge_tenant_path(path); !good) {
      fmt::print(stderr, "{}: {}\n", shown_path(path), good.error().message);
      ++problems;
      continue;
    }
    for (auto& one : meant_by(path)) meant.insert(std::move(one));
  }
  PolicyCost cost;
  auto const today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  for (auto const& path : meant) {
    name_ignored(path);
    auto tenant = check_one(path);
    if (!config_file.empty()) add_webhook_problems(tenant, path, config.webhooks);
    name_missing_articles(tenant, path);
    for (auto const& problem : tenant.problems) fmt::print(stderr, "{}\n", problem.text());
    problems += tenant.problems.size();
    for (auto const& [scope, list] : tenant.scopes) {
      rules += list.size();
      auto const of_scope = cost_of(list);
      cost.examples += of_scope.examples;
      cost.phrases += of_scope.phrases;
      for (auto const& rule : list) name_past_dates(rule, today);
    }
  }
  if (problems > 0) {
    fmt::print(stderr, "{} {}\n", problems, problems == 1 ? "problem" : "problems");
    return 1;
  }
  if (rules == 0) {
    fmt::print(stderr, "there is no rule in {}\n", paths.front().string());
    return 1;
  }
  fmt::print("OK: {} {}; a final is compared with {} examples and searched for {} phrases at most\n", rules,
             rules == 1 ? "rule" : "rules", cost.examples, cost.phrases);
  return 0;
}

}  // namespace sotto::app
