#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "app/commands.h"
#include "app/library.h"

namespace sotto::app {

namespace fs = std::filesystem;

// config/policies/<tenant>/... -> config/knowledge/<tenant>, where it exists.
static fs::path knowledge_beside(fs::path const& policies) {
  auto const whole = fs::absolute(policies).lexically_normal();
  fs::path out;
  for (auto at = whole.begin(); at != whole.end(); ++at) {
    if (*at == "policies" && std::next(at) != whole.end()) return out / "knowledge" / *std::next(at);
    out /= *at;
  }
  return {};
}

// What a path stands for: a folder of tenants for each of them, and a file inside config/policies/<tenant> for its
// whole tenant, for that is what the server takes or refuses. Anything else for itself.
static std::vector<fs::path> meant_by(fs::path const& path) {
  std::error_code failed;
  auto const whole = fs::absolute(path / "").lexically_normal().parent_path();
  if (fs::is_directory(path, failed)) {
    if (whole.filename() != "policies") return {path};
    std::vector<fs::path> tenants;
    for (auto const& entry : fs::directory_iterator(path, failed)) {
      if (entry.is_directory(failed)) tenants.push_back(entry.path());
    }
    std::ranges::sort(tenants);
    return tenants;
  }
  fs::path tenant;
  for (auto at = whole.begin(); at != whole.end(); ++at) {
    tenant /= *at;
    if (*at == "policies" && std::next(at) != whole.end()) tenant /= *std::next(at);
    if (*at == "policies" && std::distance(at, whole.end()) > 2 && path.extension() == ".yaml") return {tenant};
  }
  return {path};
}

// Files that look like policies and are not read.
static void name_ignored(fs::path const& folder) {
  std::error_code failed;
  for (auto const& entry : fs::recursive_directory_iterator(folder, failed)) {
    auto const extension = entry.path().extension();
    if (extension == ".yml" || extension == ".YAML" || extension == ".YML" || extension == ".json")
      fmt::print("{}: note: not read: the name of a policy file ends in .yaml\n", entry.path().string());
  }
}

static Library::Tenant check_one(fs::path const& path) {
  std::error_code failed;
  if (fs::is_directory(path, failed))
    return Library::read_tenant(path, knowledge_beside(path / "x").parent_path() / path.filename());
  Library::Tenant tenant;
  std::ifstream in(path);
  if (!in) {
    tenant.problems.push_back({path.string(), 0, "cannot be read"});
    return tenant;
  }
  std::stringstream text;
  text << in.rdbuf();
  auto parsed = orchestrator::parse_policies(text.str(), path.string());
  for (auto& problem : parsed.problems) tenant.problems.push_back({problem.file, problem.line, problem.reason});
  auto const articles = Library::read_tenant({}, knowledge_beside(path));
  inference::KnowledgeBase const base(articles.passages, std::make_shared<inference::Vectors const>());
  for (auto const& rule : parsed.rules) {
    if (!rule.cue || rule.cue->source.empty() || articles.passages.empty() || base.find(rule.cue->source)) continue;
    tenant.problems.push_back(
        {rule.file, rule.line, fmt::format("rule {}: there is no passage {}", rule.id, rule.cue->source)});
  }
  tenant.scopes[""] = std::move(parsed.rules);
  return tenant;
}

// Of a file alone the tenant is not known: only the names are checked.
static void add_webhook_problems(Library::Tenant& tenant, fs::path const& path, std::vector<WebhookSettings> webhooks) {
  std::error_code failed;
  bool const folder = fs::is_directory(path, failed);
  if (!folder) std::ranges::for_each(webhooks, [](WebhookSettings& one) { one.tenants.clear(); });
  auto const name = fs::absolute(path / "").lexically_normal().parent_path().filename().string();
  std::ranges::move(Library::drop_webhooks(tenant, name, webhooks), std::back_inserter(tenant.problems));
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
  for (auto const& path : paths) {
    for (auto& one : meant_by(path)) meant.insert(std::move(one));
  }
  std::size_t rules = 0, problems = 0;
  Library::Cost cost;
  auto const today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  for (auto const& path : meant) {
    name_ignored(path);
    auto tenant = check_one(path);
    if (!config_file.empty()) add_webhook_problems(tenant, path, config.webhooks);
    for (auto const& problem : tenant.problems) fmt::print(stderr, "{}\n", problem.text());
    problems += tenant.problems.size();
    for (auto const& [scope, list] : tenant.scopes) {
      rules += list.size();
      auto const of_scope = Library::cost_of(list);
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
