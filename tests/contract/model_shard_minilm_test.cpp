// The embedded sentence encoder behind the port, with its real weights.
#include <numeric>
#include <stdexcept>

#include "adapters/minilm/shard.h"
#include "contract/model_shard_contract.h"

namespace sotto {
namespace {

struct MinilmFixture {
  MinilmFixture() : made(MinilmShard::make({.folder = SOTTO_SOURCE_DIR "/.cache/minilm"}, tasks, time)) {
    if (!made) throw std::runtime_error(made.error().message);
  }

  ModelShard& shard() { return **made; }
  ManualExecutor& executor() { return tasks; }
  Clock const& clock() { return time; }

  SystemClock time;
  ManualExecutor tasks;
  Result<std::unique_ptr<MinilmShard>> made;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Minilm, ModelShardContract, MinilmFixture);

TEST(MinilmShard, ParaphrasesAreNearerThanOtherWishes) {
  MinilmFixture fixture;
  std::vector<std::vector<float>> vectors;
  fixture.shard().infer(
      {.model = "sentence-encoder",
       .texts = {"please close my account", "I want to leave you and end my contract", "my card was stolen"},
       .deadline = fixture.clock().now() + 60s},
      [&](auto result) { vectors = result->vectors; });
  ASSERT_TRUE(fixture.executor().run_until([&] { return !vectors.empty(); }));
  auto const near = std::inner_product(vectors[0].begin(), vectors[0].end(), vectors[1].begin(), 0.0);
  auto const far = std::inner_product(vectors[0].begin(), vectors[0].end(), vectors[2].begin(), 0.0);
  EXPECT_GT(near, far + 0.1);
}

TEST(MinilmShard, WaitingRequestsAreAnsweredWhenItStops) {
  SystemClock time;
  ManualExecutor tasks;
  int answers = 0;
  {
    auto made = MinilmShard::make({.folder = SOTTO_SOURCE_DIR "/.cache/minilm"}, tasks, time);
    ASSERT_TRUE(made.has_value());
    for (int request = 0; request < 20; ++request) {
      (*made)->infer({.model = "sentence-encoder", .texts = {std::to_string(request)}, .deadline = time.now() + 60s},
                     [&](auto) { ++answers; });
    }
  }
  tasks.run_all();
  EXPECT_EQ(answers, 20);
}

TEST(MinilmShard, MissingWeightsNameTheFile) {
  SystemClock time;
  ManualExecutor tasks;
  auto const made = MinilmShard::make({.folder = "/nowhere"}, tasks, time);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, "model_missing");
  EXPECT_NE(made.error().message.find("/nowhere/encoder.onnx"), std::string::npos);
  EXPECT_NE(made.error().message.find("make setup"), std::string::npos);
}

}  // namespace
}  // namespace sotto
