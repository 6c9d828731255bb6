// Stage 6, inference: a graph's nodes go to the model shard and the tenant's knowledge, with a deadline: first the
// texts, then the passages that may answer a question, beside it. What is late is dropped with a reason and counted:
// the words alone then decide. Confined to the call's loop; the shard's own queue (by deadline, bounded) is behind the
// port.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "knowledge/knowledge_base.h"
#include "live/orchestrator/inference_graph.h"
#include "ports/model_shard.h"
#include "ports/tenant_library.h"

namespace sotto::orchestrator {

// What a tenant's calls ask beside the shard; each may be null.
struct TenantModels {
  std::shared_ptr<knowledge::KnowledgeBase const> knowledge;
  std::shared_ptr<knowledge::IntentModels const> intents;
};

class Router {
 public:
  Router(ModelShard& shard, Clock const& clock, Metrics& metrics) : shard_(shard), clock_(clock), metrics_(metrics) {}

  // `done` is called once on the loop; at once where no model is needed.
  void run(InferenceGraph graph, TenantModels models,
           std::function<void(InferenceGraph const&, NodeResults const&)> done);
  // What an agent asks by hand: the answer, if there is one, and the nearest passages. Errors: the shard's.
  struct Asked {
    std::shared_ptr<knowledge::KnowledgeBase const> knowledge;  // `nearest` points into it
    std::optional<Answer> answer;
    std::vector<knowledge::KnowledgeBase::Ranked> nearest;
  };
  void ask(std::string question, std::shared_ptr<knowledge::KnowledgeBase const> knowledge, std::string team,
           std::function<void(Result<Asked>)> done);
  // False while the last request failed for another reason than its deadline.
  bool up() const { return up_ && shard_.ready(); }

 private:
  struct Run;
  void read(std::shared_ptr<Run> const& run);
  void finish(Run& run);

  ModelShard& shard_;
  Clock const& clock_;
  Metrics& metrics_;
  bool up_ = true;
};

}  // namespace sotto::orchestrator
