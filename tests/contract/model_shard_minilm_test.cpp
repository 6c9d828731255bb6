// The embedded sentence encoder behind the port, with its real weights.
#include <numeric>
#include <stdexcept>

#include <fmt/format.h>

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
       .texts = {{"please close my account"}, {"I want to leave you and end my contract"}, {"my card was stolen"}},
       .deadline = fixture.clock().now() + 60s},
      [&](auto result) {
        for (auto& read : result->texts) vectors.push_back(std::move(read.vector));
      });
  ASSERT_TRUE(fixture.executor().run_until([&] { return !vectors.empty(); }));
  auto const near = std::inner_product(vectors[0].begin(), vectors[0].end(), vectors[1].begin(), 0.0);
  auto const far = std::inner_product(vectors[0].begin(), vectors[0].end(), vectors[2].begin(), 0.0);
  EXPECT_GT(near, far + 0.1);
}

TEST(MinilmShard, ALowerLaneNeverHoldsUpAHigherAndAsksAreFew) {
  MinilmFixture fixture;
  std::vector<std::string> order;
  int refused = 0, answered = 0;
  auto const ask = [&](QueueLane lane, std::string const& name) {
    fixture.shard().infer({.model = "sentence-encoder",
                           .texts = {{"a text of " + name}},
                           .lane = lane,
                           .deadline = fixture.clock().now() + 60s},
                          [&, name](auto result) {
                            ++answered;
                            if (result) return order.push_back(name);
                            EXPECT_EQ(result.error().code, "queue_full");
                            ++refused;
                          });
  };
  for (int i = 0; i < 40; ++i) ask(QueueLane::background, fmt::format("background {}", i));
  for (int i = 0; i < 40; ++i) ask(QueueLane::ask, fmt::format("ask {}", i));
  for (int i = 0; i < 10; ++i) ask(QueueLane::live, fmt::format("live {}", i));
  ASSERT_TRUE(fixture.executor().run_until([&] { return answered == 90; }));
  EXPECT_GE(refused, 30) << "at most eight questions wait";
  std::ptrdiff_t last_live = 0;
  for (std::ptrdiff_t i = 0; i < std::ssize(order); ++i) {
    if (order[static_cast<std::size_t>(i)].starts_with("live")) last_live = i;
  }
  EXPECT_LT(last_live, 15) << "all but what ran already waited behind the words of calls";
}

TEST(MinilmShard, WaitingRequestsAreAnsweredWhenItStops) {
  SystemClock time;
  ManualExecutor tasks;
  int answers = 0;
  {
    auto made = MinilmShard::make({.folder = SOTTO_SOURCE_DIR "/.cache/minilm"}, tasks, time);
    ASSERT_TRUE(made.has_value());
    for (int request = 0; request < 20; ++request) {
      (*made)->infer({.model = "sentence-encoder", .texts = {{std::to_string(request)}}, .deadline = time.now() + 60s},
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
  EXPECT_NE(made.error().message.find("/nowhere/lower.onnx"), std::string::npos);
  EXPECT_NE(made.error().message.find("make setup"), std::string::npos);
}

}  // namespace
}  // namespace sotto
