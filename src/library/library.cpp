#include "library/library.h"

#include <algorithm>
#include <set>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/files/folder.h"
#include "library/vector_file.h"
#include "library/word_list.h"
#include "live/orchestrator/orchestrator.h"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

// A text takes the encoder a millisecond or two; words of a call that come meanwhile wait for no more than this.
constexpr std::size_t kTextsARequest = 8;
constexpr Duration kEmbedDeadline = 60s;

// A step of a flow that the nearer rules hold too.
bool is_replaced(Rule const& rule, std::vector<Rule> const& nearer) {
  auto const* const step = std::get_if<FlowStep>(&rule.when);
  return step && std::ranges::any_of(nearer, [&](Rule const& other) {
           auto const* const of = std::get_if<FlowStep>(&other.when);
           return of && of->flow == step->flow;
         });
}

// The folders of tenants below a root. A root that was there and is not now is no root without tenants.
Result<std::set<std::string>> tenants_below(fs::path const& root, bool& seen) {
  std::error_code failed;
  bool const there = fs::exists(root, failed);
  if (failed) return fail("unreadable", root.string() + ": " + failed.message());
  if (seen && !there) return fail("unreadable", root.string() + " is not there any more");
  seen = there;
  auto const listing = files_below(root, {.wanted = {}, .below = false, .folders = true});
  if (!listing) return std::unexpected(listing.error());
  std::set<std::string> names;
  for (auto const& tenant : listing->files) names.insert(tenant.filename().string());
  return names;
}

}  // namespace

Library::Library(fs::path policies, fs::path knowledge, ModelShard& shard, Executor& executor, Clock const& clock,
                 fs::path kept)
    : policies_(std::move(policies)),
      knowledge_(std::move(knowledge)),
      shard_(shard),
      executor_(executor),
      clock_(clock),
      training_(executor) {
  for (auto const& [setting, folder] : {std::pair("policies", policies_), {"knowledge", knowledge_}}) {
    std::error_code failed;
    if (!folder.empty() && !fs::is_directory(folder, failed))
      spdlog::warn("{}: there is no folder {}: no tenant has any until it is there", setting, folder.string());
  }
  if (kept.empty()) return;
  kept_vectors_ = {kept / "vectors.bin", read_vectors(kept / "vectors.bin")};
  kept_meanings_ = {kept / "meanings.bin", read_vectors(kept / "meanings.bin")};
}

Library::~Library() {
  *alive_ = false;
  reader_.join();
}

Library::Understanding Library::understanding() const {
  Understanding out;
  for (auto const& [tenant, in_force] : in_force_) {
    for (auto const& intent : in_force.files.intents) {
      for (auto const& example : intent.examples) {
        ++out.examples;
        auto const vector = in_force.vectors->find(example);
        auto const understood = [&](auto const& model) {
          auto const judged = model->judge(example, vector->second);
          return judged.in_scope >= language::kInScope &&
                 std::ranges::any_of(judged.intents, [&](language::Intent const& found) {
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

// --- beside the loop: looking, reading, parsing, building ---

template <typename Work, typename Then>
void Library::beside_loop(Work work, Then then) {
  boost::asio::post(reader_, [this, alive = alive_, work = std::move(work), then = std::move(then)]() mutable {
    auto result = std::make_shared<decltype(work())>(work());
    executor_.post([alive, result, then = std::move(then)]() mutable {
      if (*alive) then(std::move(*result));
    });
  });
}

void Library::use_versions(TenantVersions& versions, fs::path scratch) {
  versions_.emplace(versions, std::move(scratch));
  policies_seen_ = !versions_->tenants().empty();  // a root that is gone is no root without tenants
}

// `held`: tenants that need no earlier version.
Library::Looked Library::look(std::map<std::string, std::string> const& known, std::set<std::string> const& held) {
  Looked out;
  std::set<std::string> names;
  for (auto const& [root, seen] : {std::pair(&policies_, &policies_seen_), std::pair(&knowledge_, &knowledge_seen_)}) {
    auto found = tenants_below(*root, *seen);
    if (!found) {
      out.trouble = found.error().message;
      restore_all(out, held);
      return out;
    }
    names.merge(*found);
  }
  if (only_) std::erase_if(names, [this](auto const& name) { return !only_->contains(name); });
  for (auto const& [tenant, stamp] : known) names.insert(tenant);  // one that was removed
  for (auto const& tenant : names) {
    auto stamp = stamp_of(policies_ / tenant, knowledge_ / tenant);
    auto const last = known.find(tenant);
    if (last != known.end() && last->second == stamp) continue;
    auto files = read_tenant(policies_ / tenant, knowledge_ / tenant, parser_.tools());
    auto& changed = out.changed.emplace_back(
        Changed{tenant, std::move(stamp), std::make_shared<TenantFiles>(std::move(files)), std::nullopt});
    if (versions_ && !changed.files->problems.empty() && !held.contains(tenant))
      changed.instead = versions_->last_good(tenant, parser_.tools());
  }
  parser_.rest();
  return out;
}

void Library::restore_all(Looked& looked, std::set<std::string> const& held) {
  if (!versions_) return;
  for (auto const& tenant : versions_->tenants()) {
    if (held.contains(tenant) || (only_ && !only_->contains(tenant))) continue;
    if (auto good = versions_->last_good(tenant, parser_.tools()))
      looked.changed.push_back({tenant, "", nullptr, std::move(good)});
  }
  parser_.rest();
}

void Library::prepare(Loading& loading) {
  look_up(loading.vectors, texts_of(*loading.files), kept_vectors_);
  look_up(loading.meanings, spoken_examples(*loading.files), kept_meanings_);
  loading.keyterms = expected_terms(*loading.files, read_word_list(word_list_));
}

// The texts that are not known yet; those that are have what they need.
void Library::look_up(Encoding& encoding, std::vector<std::string> texts, KeptVectors const& kept) {
  encoding.texts = std::move(texts);
  std::erase_if(encoding.texts, [&](auto const& text) {
    auto const known = kept.known.find(text);
    if (known != kept.known.end()) (*encoding.found)[text] = known->second;
    return known != kept.known.end();
  });
}

Library::InForce Library::build(Loading& loading) {
  auto& files = *loading.files;
  auto knowledge = std::make_shared<knowledge::KnowledgeBase>(files.passages, loading.vectors.found);
  if (!files.questions.empty()) {
    auto const& calibration = knowledge->calibration();
    if (auto const fitted = knowledge->calibrate(files.questions, *loading.vectors.found); !fitted)
      spdlog::warn("tenant {}: questions.yaml changes nothing: {}", loading.tenant, fitted.error().message);
    else
      spdlog::info("tenant {}: by its {} questions, articles answer from score {:.2f} on (slope {:.1f})",
                   loading.tenant, files.questions.size(), calibration.score_of(knowledge::kAnswers),
                   calibration.slope);
  }
  auto intents = std::make_shared<knowledge::IntentModels>(files.trained);
  if (loading.by_example) intents->insert(intents->begin(), std::move(loading.by_example));
  return {.files = std::move(files),
          .vectors = loading.vectors.found,
          .meanings = loading.meanings.found,
          .knowledge = std::move(knowledge),
          .intents = intents->empty() ? nullptr : std::move(intents),
          .keyterms = std::make_shared<std::vector<std::string> const>(std::move(loading.keyterms)),
          .resolved = {}};
}

// What is in force is kept, and written where any of it was encoded anew; what else the file holds stays there, not in
// memory.
void Library::keep(KeptVectors& kept, ManyVectors const& in_force, bool anew) {
  if (kept.file.empty()) return;
  kept.known.clear();
  for (auto const& vectors : in_force) kept.known.insert(vectors->begin(), vectors->end());
  if (anew) write_vectors(kept.file, kept.known);
}

// --- on the loop: from the files to what is in force ---

void Library::poll() {
  if (std::exchange(looking_, true)) return;
  auto held = restored_;
  for (auto const& [tenant, in_force] : in_force_) held.insert(tenant);
  beside_loop([this, known = stamps_, held = std::move(held)] { return look(known, held); },
              [this](Looked looked) { on_looked(std::move(looked)); });
}

void Library::on_looked(Looked looked) {
  looking_ = false;
  polled_ = true;
  if (looked.trouble != trouble_) {
    trouble_ = looked.trouble;
    if (!trouble_.empty()) spdlog::error("policies and articles stay as they are: {}", trouble_);
    else spdlog::info("the folders of policies and articles can be read again");
    collect_problems();
  }
  for (auto& changed : looked.changed) load(std::move(changed));
}

void Library::load(Changed changed) {
  auto const& tenant = changed.tenant;
  auto const turn = ++turns_[tenant];  // whoever is still loading an earlier version has lost
  auto loading = std::make_shared<Loading>();
  loading->tenant = tenant;
  loading->turn = turn;
  if (changed.files) {
    stamps_[tenant] = changed.stamp;
    problems_by_tenant_[tenant] = changed.files->problems;
    collect_problems();
    for (auto const& problem : changed.files->problems) spdlog::error("{}", problem.text());
  }
  bool const good = changed.files && changed.files->problems.empty();
  if (good) {
    loading->stamp = std::move(changed.stamp);
    loading->files = std::move(changed.files);
  } else if (changed.instead) {
    restored_.insert(tenant);
    loading->earlier = std::move(changed.instead->facts);
    loading->files = std::make_shared<TenantFiles>(std::move(changed.instead->files));
  } else {
    spdlog::error("tenant {}: {}", tenant,
                  in_force_.contains(tenant) ? "the last good version stays in force" : "no version is in force");
    return;
  }
  begin(std::move(loading));
}

void Library::begin(std::shared_ptr<Loading> loading) {
  if (webhooks_) {
    for (auto const& dropped : drop_webhooks(*loading->files, loading->tenant, webhooks_))
      spdlog::warn("{}; the rest of the rule works", dropped.text());
  }
  ++loading_;
  beside_loop(
      [this, loading] {
        prepare(*loading);
        return 0;
      },
      [this, loading](int) { embed(loading); });
}

void Library::collect_problems() {
  problems_.clear();
  if (!trouble_.empty()) problems_.push_back({trouble_, 0, "nothing below it is read anew"});
  for (auto const& [name, problems] : problems_by_tenant_)
    problems_.insert(problems_.end(), problems.begin(), problems.end());
}

bool Library::is_overtaken(Loading const& loading) const { return turns_.at(loading.tenant) != loading.turn; }

// A request of some texts at a time, so that calls in between are not held up.
void Library::embed(std::shared_ptr<Loading> loading) {
  if (is_overtaken(*loading)) return finished();
  bool const means = loading->vectors.done == loading->vectors.texts.size();
  auto& encoding = means ? loading->meanings : loading->vectors;
  auto const from = encoding.done, past = std::min(encoding.texts.size(), from + kTextsARequest);
  if (from == past) return train(std::move(loading));
  ModelRequest request{
      .model = "sentence-encoder", .lane = QueueLane::background, .deadline = clock_.now() + kEmbedDeadline};
  for (auto i = from; i < past; ++i) request.texts.push_back({encoding.texts[i], {.vector = !means, .meaning = means}});
  shard_.infer(std::move(request), [this, alive = alive_, loading, means, &encoding](Result<ModelResponse> response) {
    if (!*alive) return;
    if (!response) {
      spdlog::error("tenant {}: no vectors for its policies: {}", loading->tenant, response.error().message);
      if (!is_overtaken(*loading)) {  // tried again at the next poll
        stamps_.erase(loading->tenant);
        restored_.erase(loading->tenant);
      }
      return finished();
    }
    for (auto& read : response->texts)
      (*encoding.found)[encoding.texts[encoding.done++]] = std::move(means ? read.meaning : read.vector);
    embed(loading);
  });
}

// The intents that are given by examples become a model.
void Library::train(std::shared_ptr<Loading> loading) {
  more_to_keep_ = more_to_keep_ || loading->vectors.done + loading->meanings.done > 0;
  auto const put = [this](std::shared_ptr<Loading> const& ready) {
    beside_loop([ready] { return build(*ready); },
                [this, ready](InForce built) { put_in_force(*ready, std::move(built)); });
  };
  if (loading->files->intents.empty()) return put(loading);
  auto examples = examples_of(loading->files->intents, *loading->vectors.found);
  training_.train(std::move(examples), [this, alive = alive_, loading, put](Result<language::TrainedIntents> trained) {
    if (!*alive) return;
    if (!trained) {
      spdlog::error("tenant {}: its intents: {}", loading->tenant, trained.error().message);
      return finished();
    }
    auto const& report = trained->report;
    spdlog::info("tenant {}: {} intents by example, right for {:.0f} % of the examples held out", loading->tenant,
                 report.intents, report.accuracy * 100);
    loading->by_example = std::make_shared<language::IntentModel const>(std::move(trained->model));
    put(loading);
  });
}

void Library::put_in_force(Loading const& loading, InForce built) {
  auto const& tenant = loading.tenant;
  if (is_overtaken(loading)) return finished();
  auto const before = in_force_.find(tenant);
  auto const rules_before = before == in_force_.end() ? 0 : before->second.files.rules();
  auto const rules = built.files.rules();
  spdlog::info("tenant {}: version {} in force, {} rules, {} passages", tenant, built.files.digest, rules,
               built.files.passages.size());
  if (rules == 0 && rules_before > 0)
    spdlog::warn("tenant {}: no rule is in force any more, where there were {}", tenant, rules_before);
  if (loading.earlier) {
    earlier_[tenant] = *loading.earlier;
    spdlog::warn("tenant {}: its files are wrong; version {} of {} is in force instead", tenant,
                 loading.earlier->number, to_rfc3339(loading.earlier->at));
  } else {
    earlier_.erase(tenant);
    keep_version(loading, built.files.digest);
  }
  in_force_[tenant] = std::move(built);
  ++generation_;
  finished();
}

// Files that changed meanwhile are another version, which the next poll reads.
void Library::keep_version(Loading const& loading, std::string const& digest) {
  if (!versions_) return;
  boost::asio::post(reader_, [this, tenant = loading.tenant, stamp = loading.stamp, digest, at = clock_.now()] {
    auto const policies = policies_ / tenant, knowledge = knowledge_ / tenant;
    if (stamp_of(policies, knowledge) == stamp) versions_->keep(tenant, digest, policies, knowledge, at);
  });
}

// One version less to wait for.
void Library::finished() {
  if (--loading_ > 0) return;
  ManyVectors vectors, meanings;
  for (auto const& [tenant, in_force] : in_force_) {
    if (in_force.vectors) vectors.push_back(in_force.vectors);
    if (in_force.meanings) meanings.push_back(in_force.meanings);
  }
  boost::asio::post(reader_, [this, vectors = std::move(vectors), meanings = std::move(meanings),
                              anew = std::exchange(more_to_keep_, false)] {
    keep(kept_vectors_, vectors, anew);
    keep(kept_meanings_, meanings, anew);
  });
}

// --- what calls ask ---

std::shared_ptr<PolicySet const> Library::policies(std::string const& tenant, std::string const& team,
                                                   std::string const& agent) {
  auto const found = in_force_.find(tenant);
  if (found == in_force_.end()) return std::make_shared<PolicySet const>();
  auto& in_force = found->second;
  std::vector<std::string> scopes;  // those that hold rules: a team that a source makes up costs nothing
  for (auto const& scope : {std::string(), team, team.empty() || agent.empty() ? std::string() : team + "/" + agent}) {
    if (in_force.files.scopes.contains(scope) && std::ranges::find(scopes, scope) == scopes.end())
      scopes.push_back(scope);
  }
  auto& resolved = in_force.resolved[scopes.empty() ? std::string() : scopes.back()];
  if (resolved) return resolved;
  PolicySet set{.version = in_force.files.digest, .rules = {}, .meanings = in_force.meanings};
  for (auto const& scope : scopes) {
    auto const& nearer = in_force.files.scopes.at(scope);
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

std::shared_ptr<knowledge::IntentModels const> Library::intents(std::string const& tenant) const {
  auto const found = in_force_.find(tenant);
  return found == in_force_.end() ? nullptr : found->second.intents;
}

std::shared_ptr<std::vector<std::string> const> Library::keyterms(std::string const& tenant) const {
  auto const found = in_force_.find(tenant);
  return found == in_force_.end() ? nullptr : found->second.keyterms;
}

std::shared_ptr<knowledge::KnowledgeBase const> Library::knowledge(std::string const& tenant) const {
  auto const found = in_force_.find(tenant);
  return found == in_force_.end() ? nullptr : found->second.knowledge;
}

}  // namespace sotto::app
