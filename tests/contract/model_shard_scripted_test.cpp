// The scripted shard of the pipeline tests keeps the same promises as the real one.
#include "contract/model_shard_contract.h"
#include "support/scripted_shard.h"

namespace sotto {
namespace {

struct ScriptedFixture {
  ModelShard& shard() { return scripted; }
  ManualExecutor& executor() { return tasks; }
  Clock const& clock() { return time; }

  SystemClock time;
  ManualExecutor tasks;
  ScriptedShard scripted{tasks, time};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Scripted, ModelShardContract, ScriptedFixture);

}  // namespace
}  // namespace sotto
