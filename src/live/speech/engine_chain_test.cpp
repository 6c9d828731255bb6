#include "live/speech/engine_chain.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace sotto::speech {
namespace {

struct EngineChainTest : testing::Test {
  EngineChain chain{{"cloud", "local"}};
  Time now{Duration(1'000'000'000)};
};

TEST_F(EngineChainTest, TheFirstTrustedEngineIsUsed) {
  EXPECT_EQ(chain.best(now), 0u);
  chain.failed(0, false, now, now);
  EXPECT_EQ(chain.best(now), 1u);
  EXPECT_EQ(chain.best(now + 60s), 1u) << "time alone brings no trust back";
  chain.proved(0);
  EXPECT_EQ(chain.best(now), 0u);
}

TEST_F(EngineChainTest, OneProbeAtATimeAndOnlyAfterTheBackOff) {
  chain.failed(0, false, now, now);
  EXPECT_FALSE(chain.claim_probe(1, now));
  now += 200ms;
  EXPECT_EQ(chain.claim_probe(1, now), 0u);
  EXPECT_FALSE(chain.claim_probe(1, now)) << "another track has it";
  chain.failed(0, false, now, now);
  EXPECT_FALSE(chain.claim_probe(1, now + 150ms)) << "the back-off doubles";
  EXPECT_EQ(chain.claim_probe(1, now + 300ms), 0u);
}

TEST_F(EngineChainTest, ARefusalIsNotTriedAgainForAMinute) {
  chain.failed(0, true, now, now);
  EXPECT_FALSE(chain.claim_probe(1, now + limits::kRefusedRetry / 2));
  EXPECT_EQ(chain.claim_probe(1, now + limits::kRefusedRetry * 2), 0u);
}

TEST_F(EngineChainTest, WithoutATrustedEngineTheNextBackOffDecides) {
  chain.failed(0, false, now, now);
  chain.failed(1, false, now, now);
  EXPECT_FALSE(chain.best(now));
  EXPECT_TRUE(chain.up(now)) << "it may be back at once";
  EXPECT_FALSE(chain.up(now + limits::kEngineGrace));
  EXPECT_TRUE(chain.best(chain.retry_at()));
}

TEST_F(EngineChainTest, ManyStreamsThatDieTogetherAreOneFailure) {
  for (int stream = 0; stream < 20; ++stream) chain.failed(0, false, now, now);
  EXPECT_EQ(chain.claim_probe(1, now + 150ms), 0u);
}

TEST_F(EngineChainTest, AStreamOpenedBeforeTheLastFailureIsPartOfIt) {
  auto const opened = now - 60s;
  chain.failed(0, false, opened, now);
  now += 150ms;
  EXPECT_EQ(chain.claim_probe(1, now), 0u);
  chain.failed(0, false, opened, now);  // of another call
  EXPECT_EQ(chain.claim_probe(1, now), 0u) << "no new back-off";
}

TEST_F(EngineChainTest, AnAttemptThatHungHasWaitedAlready) {
  chain.failed(0, false, now, now);
  auto const opened = now += 150ms;
  EXPECT_EQ(chain.claim_probe(1, now), 0u);
  now += 1500ms;
  chain.failed(0, false, opened, now);
  EXPECT_EQ(chain.claim_probe(1, now + 50ms), 0u);
}

TEST_F(EngineChainTest, AnEngineThatIsDownIsPassedOver) {
  chain.serves(0, false);
  EXPECT_EQ(chain.best(now), 1u);
  chain.serves(1, false);
  EXPECT_FALSE(chain.best(now));
  EXPECT_FALSE(chain.up(now));
}

}  // namespace
}  // namespace sotto::speech
