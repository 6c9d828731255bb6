// The tenants' policies and knowledge in force: read from files (library/tenant_files.h), checked, given their vectors,
// reloaded while calls run. A wrong file is refused with file, line and reason; the last good version of its tenant
// stays in force, and so it does where a folder cannot be read. Confined to the loop; what takes time (looking,
// reading, parsing, building) runs on a thread of its own, and a version that was overtaken by a later one is dropped.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "base/clock.h"
#include "base/executor.h"
#include "knowledge/knowledge_base.h"
#include "language/intents/intents.h"
#include "library/article_parser.h"
#include "library/intent_training.h"
#include "library/kept_versions.h"
#include "library/tenant_files.h"
#include "ports/model_shard.h"
#include "ports/tenant_library.h"

namespace sotto::app {

class Library final : public TenantLibrary {
 public:
  // `kept`: the folder where what was encoded stays between runs; empty: nowhere.
  Library(std::filesystem::path policies, std::filesystem::path knowledge, ModelShard& shard, Executor& executor,
          Clock const& clock, std::filesystem::path kept = {});
  ~Library() override;

  // The webhooks that rules may name, from the next poll() on. What else they name is warned of, with its place, and
  // not requested; the rest of the rule works. Never called: every name is good.
  void use_webhooks(WebhookCheck check) { webhooks_ = std::move(check); }
  // Every version that comes into force is kept there; a tenant whose files are wrong before any was in force gets its
  // last good one. `scratch`: a folder that is made and removed. Before the first poll(); `versions` outlives it.
  void use_versions(TenantVersions& versions, std::filesystem::path scratch);
  // The words of the language, the commonest first, one a line: which words of a tenant's articles
  // are rare names. Without them none are found there. Before the first poll().
  void use_word_list(std::filesystem::path file) { word_list_ = std::move(file); }
  // Of all tenants' folders only these are read. Before the first poll().
  void use_only(std::set<std::string> tenants) { only_ = std::move(tenants); }
  // Has what changed read; new versions come into force when their vectors are there. Call about once a second.
  void poll();
  // Nothing is being loaded: every tenant found has its version (or its problems).
  bool settled() const { return loading_ == 0 && polled_ && !looking_; }

  // In force now; never null. An unknown tenant has no rules and no knowledge.
  std::shared_ptr<PolicySet const> policies(std::string const& tenant, std::string const& team,
                                            std::string const& agent) override;
  std::shared_ptr<knowledge::KnowledgeBase const> knowledge(std::string const& tenant) const override;
  std::shared_ptr<knowledge::IntentModels const> intents(std::string const& tenant) const override;
  std::shared_ptr<std::vector<std::string> const> keyterms(std::string const& tenant) const override;
  // Grows by one with every version that came into force.
  std::uint64_t generation() const override { return generation_; }
  // No tenant has rules or articles in force.
  bool empty() const {
    return std::ranges::all_of(
        in_force_, [](auto const& one) { return one.second.files.rules() == 0 && one.second.files.passages.empty(); });
  }
  // What is wrong in the files now; empty when all are good.
  std::vector<LibraryProblem> const& problems() const { return problems_; }
  // Tenants whose files are wrong now: what is in force is not what stands there.
  std::size_t wrong_tenants() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(problems_by_tenant_, [](auto const& one) { return !one.second.empty(); }));
  }
  // Tenants that have a version of before this start, for their files are wrong, and which.
  std::map<std::string, VersionFacts> const& earlier() const { return earlier_; }

  // Do the models of each tenant in force understand the examples they were made of? One entry for each that they do
  // not.
  struct Understanding {
    std::size_t examples = 0;
    std::vector<LibraryProblem> missed;
  };
  Understanding understanding() const;

 private:
  // Texts on their way to their vectors, or to their meanings.
  struct Encoding {
    std::vector<std::string> texts;  // not known before
    std::size_t done = 0;            // of them
    std::shared_ptr<knowledge::Vectors> found = std::make_shared<knowledge::Vectors>();
  };
  // One version on its way into force. Owned by one step at a time.
  struct Loading {
    std::string tenant;
    std::string stamp;                    // of the files; empty: they are not those in the folder
    std::optional<VersionFacts> earlier;  // the version that they are
    std::uint64_t turn = 0;
    std::shared_ptr<TenantFiles> files;
    Encoding vectors, meanings;
    std::shared_ptr<language::IntentModel const> by_example;
    std::vector<std::string> keyterms;
  };
  struct InForce {
    TenantFiles files;
    std::shared_ptr<knowledge::Vectors const> vectors, meanings;
    std::shared_ptr<knowledge::KnowledgeBase const> knowledge;
    std::shared_ptr<knowledge::IntentModels const> intents;
    std::shared_ptr<std::vector<std::string> const> keyterms;
    std::map<std::string, std::shared_ptr<PolicySet const>> resolved;  // by the nearest scope that holds rules
  };
  struct Changed {
    std::string tenant, stamp;
    std::shared_ptr<TenantFiles> files;         // null: the folders cannot be looked at
    std::optional<KeptVersions::Good> instead;  // they are wrong, and none was in force
  };
  struct Looked {
    std::string trouble;  // the roots could not be looked at: nothing changes
    std::vector<Changed> changed;
  };

  // On the reader's thread.
  Looked look(std::map<std::string, std::string> const& known, std::set<std::string> const& held);
  void restore_all(Looked& looked, std::set<std::string> const& held);
  void prepare(Loading& loading);
  static InForce build(Loading& loading);
  struct KeptVectors {
    std::filesystem::path file;  // empty: they are not kept between runs
    knowledge::Vectors known;    // what the file holds of what is in force
  };
  using ManyVectors = std::vector<std::shared_ptr<knowledge::Vectors const>>;
  static void look_up(Encoding& encoding, std::vector<std::string> texts, KeptVectors const& kept);
  static void keep(KeptVectors& kept, ManyVectors const& in_force, bool anew);
  // On the loop.
  template <typename Work, typename Then>
  void beside_loop(Work work, Then then);
  void on_looked(Looked looked);
  void load(Changed changed);
  void begin(std::shared_ptr<Loading> loading);
  void collect_problems();
  bool is_overtaken(Loading const& loading) const;
  void embed(std::shared_ptr<Loading> loading);
  void train(std::shared_ptr<Loading> loading);
  void put_in_force(Loading const& loading, InForce built);
  void keep_version(Loading const& loading, std::string const& digest);
  void finished();

  // Given.
  std::filesystem::path const policies_, knowledge_;
  WebhookCheck webhooks_;
  std::optional<std::set<std::string>> only_;
  std::filesystem::path word_list_;
  ModelShard& shard_;
  Executor& executor_;
  Clock const& clock_;
  // The reader's.
  ArticleParser parser_;
  std::optional<KeptVersions> versions_;
  KeptVectors kept_vectors_, kept_meanings_;
  bool policies_seen_ = false, knowledge_seen_ = false;
  // State.
  std::map<std::string, std::string> stamps_;   // files of a tenant with size and time, as last read
  std::map<std::string, std::uint64_t> turns_;  // loads begun, by tenant
  std::map<std::string, InForce> in_force_;
  std::map<std::string, VersionFacts> earlier_;
  std::set<std::string> restored_;  // tenants whose last good version was looked for
  std::map<std::string, std::vector<LibraryProblem>> problems_by_tenant_;
  std::vector<LibraryProblem> problems_;
  std::string trouble_;
  bool more_to_keep_ = false;
  int loading_ = 0;
  bool looking_ = false, polled_ = false;
  std::uint64_t generation_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  // Owned.
  IntentTraining training_;
  boost::asio::thread_pool reader_{1};
};

}  // namespace sotto::app
