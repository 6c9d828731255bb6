// The tenants' policies and knowledge: read from files, checked, given their vectors, reloaded while calls run.
// A wrong file is refused with file, line and reason; the last good version of its tenant stays in force.
//   policies/<tenant>/[<team>/[<agent>/]]*.yaml     the nearer rule id wins
//   policies/<tenant>/*.intents                     of `sotto train intents`
//   knowledge/<tenant>/*.md, *.html, *.pdf
//   knowledge/<tenant>/questions.yaml               what they answer and what not
// Confined to the loop, but for the reading of files, which runs where poll() is called: small files, once a second at
// most.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/intent_workshop.h"
#include "app/webhooks.h"
#include "call/policy.h"
#include "live/inference/knowledge_base.h"
#include "live/orchestrator/policy_parser.h"
#include "live/pipeline.h"
#include "ports/model_shard.h"

namespace sotto::app {

struct LibraryProblem {
  std::string file;
  int line = 0;
  std::string reason;
  std::string text() const;
};

class Library final : public PolicySource {
 public:
  Library(std::filesystem::path policies, std::filesystem::path knowledge, ModelShard& shard, Executor& executor,
          Clock const& clock, std::filesystem::path vector_file = {});

  // The webhooks that rules may name, from the next poll() on. What else they name is warned of, with its place, and
  // not requested; the rest of the rule works. Never called: every name is good.
  void use_webhooks(std::vector<WebhookSettings> webhooks) { webhooks_ = std::move(webhooks); }
  // Reads what changed; new versions come into force when their vectors are there. Call about once a second.
  void poll();
  // Nothing is being loaded: every tenant found has its version (or its problems).
  bool settled() const { return loading_ == 0 && polled_; }

  // In force now; never null. An unknown tenant has no rules and no knowledge.
  std::shared_ptr<PolicySet const> policies(std::string const& tenant, std::string const& team,
                                            std::string const& agent) override;
  std::shared_ptr<inference::KnowledgeBase const> knowledge(std::string const& tenant) const override;
  std::shared_ptr<inference::IntentModels const> intents(std::string const& tenant) const override;
  // Grows by one with every version that came into force.
  std::uint64_t generation() const override { return generation_; }
  // What is wrong in the files now; empty when all are good.
  std::vector<LibraryProblem> const& problems() const { return problems_; }

  // Do the models of each tenant in force understand the examples they were made of? One entry for each that they do not.
  struct Understanding {
    std::size_t examples = 0;
    std::vector<LibraryProblem> missed;
  };
  Understanding understanding() const;

  // What a final costs at worst: texts that are compared with its words, phrases that are looked for in them.
  struct Cost {
    std::size_t examples = 0, phrases = 0;
  };
  static Cost cost_of(std::vector<Rule> const& rules);

  struct Tenant {
    // Rules by scope: "" (tenant), "team", "team/agent".
    std::map<std::string, std::vector<Rule>> scopes;
    std::vector<inference::Passage> passages;
    std::vector<inference::LabelledQuestion> questions;
    std::vector<IntentDefinition> intents;
    inference::IntentModels trained;  // one a file
    std::string digest;
    std::vector<LibraryProblem> problems;
  };
  // Reads and checks one tenant's folders. Pure but for the disk.
  static Tenant read_tenant(std::filesystem::path const& policies, std::filesystem::path const& knowledge);
  // Takes from the rules what `webhooks` does not let them name, and says so.
  static std::vector<LibraryProblem> drop_webhooks(Tenant& tenant, std::string const& name,
                                                   std::vector<WebhookSettings> const& webhooks);

 private:
  struct InForce {
    Tenant tenant;
    std::shared_ptr<inference::Vectors const> vectors;
    std::shared_ptr<inference::KnowledgeBase const> knowledge;
    std::shared_ptr<inference::IntentModels const> intents;
    std::map<std::string, std::shared_ptr<PolicySet const>> resolved;  // by team/agent
  };

  std::vector<std::string> tenants() const;
  std::string stamp(std::string const& tenant) const;
  void load(std::string const& tenant);
  void embed(std::string const& tenant, std::shared_ptr<Tenant> read, std::vector<std::string> texts,
             std::shared_ptr<inference::Vectors> vectors, std::size_t from);
  void loaded();
  void train(std::string const& tenant, std::shared_ptr<Tenant> read,
             std::shared_ptr<inference::Vectors const> vectors);
  void put_in_force(std::string const& tenant, Tenant read, std::shared_ptr<inference::Vectors const> vectors,
                    std::shared_ptr<text::IntentModel const> by_example);

  std::filesystem::path const policies_, knowledge_;
  std::optional<std::vector<WebhookSettings>> webhooks_;
  ModelShard& shard_;
  Clock const& clock_;
  std::map<std::string, std::string> stamps_;  // files of a tenant with size and time, as last read
  std::map<std::string, InForce> in_force_;
  std::map<std::string, std::vector<LibraryProblem>> problems_by_tenant_;
  std::vector<LibraryProblem> problems_;
  std::filesystem::path const vector_file_;  // empty: vectors are not kept between runs
  inference::Vectors kept_;                  // what it holds
  bool more_to_keep_ = false;
  int loading_ = 0;
  bool polled_ = false;
  std::uint64_t generation_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  IntentWorkshop workshop_;
};

}  // namespace sotto::app
