#include "app/library.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/article_files.h"
#include "app/secrets.h"
#include "app/vector_file.h"
#include "base/limits.h"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kTextsARequest = 32;
constexpr Duration kEmbedDeadline = 60s;

std::string read_file(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<fs::path> files_of(fs::path const& folder, std::string_view extension) {
  std::vector<fs::path> out;
  std::error_code failed;
  for (auto const& entry : fs::recursive_directory_iterator(folder, failed)) {
    if (entry.is_regular_file(failed) && entry.path().extension() == extension) out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

// "team/agent" of a policy file below its tenant's folder; depth is at most two.
std::string scope_of(fs::path const& tenant, fs::path const& file) {
  auto const scope = fs::relative(file.parent_path(), tenant).generic_string();
  return scope == "." ? "" : scope;
}

void check_sources(Library::Tenant& tenant) {
  inference::KnowledgeBase const base(tenant.passages, std::make_shared<inference::Vectors const>());
  for (auto const& [scope, rules] : tenant.scopes) {
    for (auto const& rule : rules) {
      if (!rule.cue || rule.cue->source.empty() || base.find(rule.cue->source)) continue;
      tenant.problems.push_back(
          {rule.file, rule.line, fmt::format("rule {}: there is no passage {}", rule.id, rule.cue->source)});
    }
  }
}

// An intent that a rule waits for must come from somewhere.
void check_intents(Library::Tenant& tenant) {
  std::set<std::string> known;
  for (auto const& intent : tenant.intents) {
    if (!known.insert(intent.name).second)
      tenant.problems.push_back({intent.file, intent.line, fmt::format("intent {} is defined twice", intent.name)});
  }
  for (auto const& model : tenant.trained) {
    for (auto const& intent : tenant.intents) {
      if (std::ranges::find(model->names(), intent.name) != model->names().end())
        tenant.problems.push_back({intent.file, intent.line,
                                   fmt::format("intent {} is trained in a .intents file too; names must differ",
                                               intent.name)});
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
void check_cost(Library::Tenant& tenant) {
  Library::Cost all;
  for (auto const& [scope, rules] : tenant.scopes) {
    auto const cost = Library::cost_of(rules);
    all.examples += cost.examples;
    all.phrases += cost.phrases;
  }
  if (all.examples <= limits::policy_examples_max && all.phrases <= limits::policy_phrases_max) return;
  tenant.problems.push_back(
      {tenant.scopes.begin()->second.front().file, 0,
       fmt::format("the rules cost too much for every final: {} examples (at most {}) and {} phrases (at most {})",
                   all.examples, limits::policy_examples_max, all.phrases, limits::policy_phrases_max)});
}

void read_trained(fs::path const& file, Library::Tenant& tenant, std::string& everything) {
  auto const bytes = read_file(file);
  everything += bytes;
  auto model = text::IntentModel::read(bytes);
  if (model) tenant.trained.push_back(std::make_shared<text::IntentModel const>(std::move(*model)));
  else tenant.problems.push_back({file.string(), 0, model.error().message});
}

std::vector<std::string> texts_of(Library::Tenant const& tenant) {
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
  for (auto const& text : intent_texts(tenant.intents)) texts.insert(text);
  for (auto const& text : inference::KnowledgeBase::texts_to_embed(tenant.passages)) texts.insert(text);
  for (auto const& question : tenant.questions) texts.insert(question.ask);
  return {texts.begin(), texts.end()};
}

// A step of a flow that the nearer rules hold too.
bool is_replaced(Rule const& rule, std::vector<Rule> const& nearer) {
  auto const* const step = std::get_if<FlowStep>(&rule.when);
  return step && std::ranges::any_of(nearer, [&](Rule const& other) {
           auto const* const of = std::get_if<FlowStep>(&other.when);
           return of && of->flow == step->flow;
         });
}

}  // namespace

Library::Cost Library::cost_of(std::vector<Rule> const& rules) {
  Cost out;
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

std::string LibraryProblem::text() const { return fmt::format("{}:{}: {}", file, line, reason); }

Library::Library(fs::path policies, fs::path knowledge, ModelShard& shard, Executor& executor, Clock const& clock,
                 fs::path vector_file)
    : policies_(std::move(policies)),
      knowledge_(std::move(knowledge)),
      shard_(shard),
      clock_(clock),
      vector_file_(std::move(vector_file)),
      kept_(vector_file_.empty() ? inference::Vectors{} : read_vectors(vector_file_)),
      workshop_(executor) {}

Library::Tenant Library::read_tenant(fs::path const& policies, fs::path const& knowledge) {
  Tenant tenant;
  std::string everything;
  auto articles = read_articles(knowledge);
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
  for (auto const& file : files_of(policies, ".yaml")) {
    auto const text = read_file(file);
    auto const scope = scope_of(policies, file);
    everything += scope + file.filename().string() + "\n" + text;
    if (std::ranges::count(scope, '/') > 1) tenant.problems.push_back({file.string(), 1, "deeper than <team>/<agent>"});
    auto parsed = orchestrator::parse_policies(text, file.string());
    for (auto& problem : parsed.problems)
      tenant.problems.push_back({problem.file, problem.line, std::move(problem.reason)});
    std::ranges::move(parsed.intents, std::back_inserter(tenant.intents));
    for (auto& rule : parsed.rules) {
      auto const [known, fresh] = ids[scope].emplace(rule.id, file.string());
      if (!fresh && known->second != file.string())
        tenant.problems.push_back(
            {rule.file, rule.line, fmt::format("rule id {} is used in {} too", rule.id, known->second)});
      tenant.scopes[scope].push_back(std::move(rule));
    }
  }
  for (auto const& file : files_of(policies, ".intents")) read_trained(file, tenant, everything);
  check_sources(tenant);
  check_intents(tenant);
  check_cost(tenant);
  tenant.digest = digest(everything).substr(0, 12);
  return tenant;
}

std::vector<LibraryProblem> Library::drop_webhooks(Tenant& tenant, std::string const& name,
                                                   std::vector<WebhookSettings> const& webhooks) {
  std::vector<LibraryProblem> dropped;
  for (auto& [scope, rules] : tenant.scopes) {
    for (auto& rule : rules) {
      std::erase_if(rule.webhooks, [&](std::string const& webhook) {
        auto const why = why_no_webhook(webhooks, webhook, name);
        if (!why.empty()) dropped.push_back({rule.file, rule.line, fmt::format("rule {}: {}", rule.id, why)});
        return !why.empty();
      });
    }
  }
  return dropped;
}

Library::Understanding Library::understanding() const {
  Understanding out;
  for (auto const& [tenant, in_force] : in_force_) {
    for (auto const& intent : in_force.tenant.intents) {
      for (auto const& example : intent.examples) {
        ++out.examples;
        auto const vector = in_force.vectors->find(example);
        auto const understood = [&](auto const& model) {
          auto const judged = model->judge(example, vector->second);
          return judged.in_scope >= text::kInScope &&
                 std::ranges::any_of(judged.intents, [&](text::Intent const& found) {
                   return found.name == intent.name && found.probability >= orchestrator::kIntentThreshold;
                 });
        };
        if (std::ranges::any_of(*in_force.intents, understood)) continue;
        out.missed.push_back({intent.file, intent.line,
                              fmt::format("intent {}: its example \"{}\" is not understood; is it an example (or "
                                          "unlike) of another intent too, or does it lack what tells it apart?",
                                          intent.name, example)});
      }
    }
  }
  return out;
}

std::vector<std::string> Library::tenants() const {
  std::set<std::string> names;
  std::error_code failed;
  for (auto const& folder : {policies_, knowledge_}) {
    for (auto const& entry : fs::directory_iterator(folder, failed)) {
      if (entry.is_directory(failed)) names.insert(entry.path().filename().string());
    }
  }
  for (auto const& [tenant, stamp] : stamps_) names.insert(tenant);  // one that was removed
  return {names.begin(), names.end()};
}

std::string Library::stamp(std::string const& tenant) const {
  std::string out;
  std::error_code failed;
  auto files = files_of(policies_ / tenant, ".yaml");
  std::ranges::copy(files_of(policies_ / tenant, ".intents"), std::back_inserter(files));
  std::ranges::copy(article_files(knowledge_ / tenant), std::back_inserter(files));
  if (fs::exists(knowledge_ / tenant / "questions.yaml", failed))
    files.push_back(knowledge_ / tenant / "questions.yaml");
  for (auto const& file : files) {
    out += fmt::format("{} {} {}\n", file.string(), fs::file_size(file, failed),
                       fs::last_write_time(file, failed).time_since_epoch().count());
  }
  return out;
}

void Library::poll() {
  for (auto const& tenant : tenants()) {
    auto now = stamp(tenant);
    auto& last = stamps_[tenant];
    if (last == now) continue;
    last = std::move(now);
    load(tenant);
  }
  polled_ = true;
}

void Library::load(std::string const& tenant) {
  auto read = std::make_shared<Tenant>(read_tenant(policies_ / tenant, knowledge_ / tenant));
  problems_by_tenant_[tenant] = read->problems;
  problems_.clear();
  for (auto const& [name, problems] : problems_by_tenant_)
    problems_.insert(problems_.end(), problems.begin(), problems.end());
  for (auto const& problem : read->problems) spdlog::error("{}", problem.text());
  if (!read->problems.empty()) {
    spdlog::error("tenant {}: {}", tenant,
                  in_force_.contains(tenant) ? "the last good version stays in force" : "no version is in force");
    return;
  }
  if (webhooks_) {
    for (auto const& dropped : drop_webhooks(*read, tenant, *webhooks_))
      spdlog::warn("{}; the rest of the rule works", dropped.text());
  }
  ++loading_;
  embed(tenant, std::move(read), {}, std::make_shared<inference::Vectors>(), 0);
}

// A request of some texts at a time, so that calls in between are not held up.
void Library::embed(std::string const& tenant, std::shared_ptr<Tenant> read, std::vector<std::string> texts,
                    std::shared_ptr<inference::Vectors> vectors, std::size_t from) {
  if (from == 0) {
    texts = texts_of(*read);
    std::erase_if(texts, [&](auto const& text) {
      auto const known = kept_.find(text);
      if (known != kept_.end()) (*vectors)[text] = known->second;
      return known != kept_.end();
    });
    more_to_keep_ = more_to_keep_ || !texts.empty();
  }
  if (from >= texts.size()) {
    return train(tenant, std::move(read), std::move(vectors));
  }
  auto const past = std::min(texts.size(), from + kTextsARequest);
  ModelRequest request{.model = "sentence-encoder",
                       .texts = {texts.begin() + static_cast<long>(from), texts.begin() + static_cast<long>(past)},
                       .deadline = clock_.now() + kEmbedDeadline};
  shard_.infer(std::move(request),
               [=, this, alive = alive_, texts = std::move(texts)](Result<ModelResponse> response) mutable {
                 if (!*alive) return;
                 if (!response) {
                   loaded();
                   spdlog::error("tenant {}: no vectors for its policies: {}", tenant, response.error().message);
                   stamps_.erase(tenant);  // tried again at the next poll
                   return;
                 }
                 for (std::size_t i = from; i < past; ++i)
                   (*vectors)[texts[i]] = std::move(response->vectors[i - from]);
                 embed(tenant, std::move(read), std::move(texts), std::move(vectors), past);
               });
}

// One tenant less to wait for. After the last one what is in force is kept, and written where any of it was encoded
// anew; what else the file holds stays there, not in memory.
void Library::loaded() {
  if (--loading_ > 0 || vector_file_.empty()) return;
  kept_.clear();
  for (auto const& [tenant, in_force] : in_force_) {
    if (in_force.vectors) kept_.insert(in_force.vectors->begin(), in_force.vectors->end());
  }
  if (std::exchange(more_to_keep_, false)) write_vectors(vector_file_, kept_);
}

// The intents that are given by examples become a model.
void Library::train(std::string const& tenant, std::shared_ptr<Tenant> read,
                    std::shared_ptr<inference::Vectors const> vectors) {
  if (read->intents.empty()) {
    put_in_force(tenant, std::move(*read), std::move(vectors), nullptr);
    return loaded();
  }
  auto examples = examples_of(read->intents, *vectors);
  workshop_.train(std::move(examples),
                  [=, this, alive = alive_, vectors = std::move(vectors)](Result<text::TrainedIntents> trained) {
                    if (!*alive) return;
                    if (!trained) {
                      loaded();
                      return spdlog::error("tenant {}: its intents: {}", tenant, trained.error().message);
                    }
                    auto const& report = trained->report;
                    spdlog::info("tenant {}: {} intents by example, right for {:.0f} % of the examples held out",
                                 tenant, report.intents, report.accuracy * 100);
                    put_in_force(tenant, std::move(*read), vectors,
                                 std::make_shared<text::IntentModel const>(std::move(trained->model)));
                    loaded();
                  });
}

void Library::put_in_force(std::string const& tenant, Tenant read, std::shared_ptr<inference::Vectors const> vectors,
                           std::shared_ptr<text::IntentModel const> by_example) {
  std::size_t rules = 0;
  for (auto const& [scope, list] : read.scopes) rules += list.size();
  spdlog::info("tenant {}: version {} in force, {} rules, {} passages", tenant, read.digest, rules,
               read.passages.size());
  auto& in_force = in_force_[tenant];
  auto knowledge = std::make_shared<inference::KnowledgeBase>(read.passages, vectors);
  if (!read.questions.empty()) {
    auto const& calibration = knowledge->calibration();
    if (auto const fitted = knowledge->calibrate(read.questions, *vectors); !fitted)
      spdlog::warn("tenant {}: questions.yaml changes nothing: {}", tenant, fitted.error().message);
    else
      spdlog::info("tenant {}: by its {} questions, articles answer from score {:.2f} on (slope {:.1f})", tenant,
                   read.questions.size(), calibration.score_of(inference::kAnswers), calibration.slope);
  }
  in_force.knowledge = std::move(knowledge);
  auto intents = std::make_shared<inference::IntentModels>(read.trained);
  if (by_example) intents->insert(intents->begin(), std::move(by_example));
  in_force.intents = intents->empty() ? nullptr : std::move(intents);
  in_force.tenant = std::move(read);
  in_force.vectors = std::move(vectors);
  in_force.resolved.clear();
  ++generation_;
}

std::shared_ptr<PolicySet const> Library::policies(std::string const& tenant, std::string const& team,
                                                   std::string const& agent) {
  auto const found = in_force_.find(tenant);
  if (found == in_force_.end()) return std::make_shared<PolicySet const>();
  auto& in_force = found->second;
  auto& resolved = in_force.resolved[team + "/" + agent];
  if (resolved) return resolved;
  PolicySet set{.version = in_force.tenant.digest, .rules = {}, .vectors = in_force.vectors};
  std::vector<std::string> scopes{""};
  if (!team.empty()) scopes.push_back(team);
  if (!team.empty() && !agent.empty()) scopes.push_back(team + "/" + agent);
  for (auto const& scope : scopes) {
    auto const& nearer = in_force.tenant.scopes[scope];
    // A flow is replaced as a whole.
    std::erase_if(set.rules, [&](Rule const& rule) { return is_replaced(rule, nearer); });
    for (auto const& rule : nearer) {
      auto const far = std::ranges::find(set.rules, rule.id, &Rule::id);
      if (far == set.rules.end()) set.rules.push_back(rule);
      else *far = rule;
    }
  }
  return resolved = std::make_shared<PolicySet const>(std::move(set));
}

std::shared_ptr<inference::IntentModels const> Library::intents(std::string const& tenant) const {
  auto const found = in_force_.find(tenant);
  return found == in_force_.end() ? nullptr : found->second.intents;
}

std::shared_ptr<inference::KnowledgeBase const> Library::knowledge(std::string const& tenant) const {
  auto const found = in_force_.find(tenant);
  return found == in_force_.end() ? nullptr : found->second.knowledge;
}

}  // namespace sotto::app
