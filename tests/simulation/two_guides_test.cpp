// Two orchestrators over one log and bus: who guides a call, and what it tells.
#include <gtest/gtest.h>

#include "support/cancel_call.h"
#include "support/virtual_world.h"

namespace sotto {
namespace {

orchestrator::GuideParts parts_of(VirtualWorld& world) {
  return {.log = world.log,
          .bus = world.bus,
          .router = world.router,
          .library = world.policies,
          .clock = world.clock,
          .metrics = world.metrics,
          .waiting = world.waiting};
}

TEST(TwoGuides, AProcessThatEndsLetsAnotherGuideItsCallsAtOnce) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(1s);
  world.policies.set = cancel_policy();
  world.policies.version = 2;
  world.path->stop_guiding();
  orchestrator::GuideWorker other(parts_of(world), "other");
  other.claim();
  world.settle();
  auto const* guided = other.find("c1");
  ASSERT_TRUE(guided) << "it waits for no lease to run out";
  EXPECT_EQ(guided->lease().fence, 2);
  for (int i = 0; i < 30; ++i) {
    world.speak(100ms);
    other.tick();
    world.settle();
  }
  EXPECT_EQ(world.told<Cue>().size(), 1u);
}

// The bus may tell two of a new call (ports/event_bus.h), and who owns it may die soon after.
TEST(TwoGuides, WhoWasToldOfACallThatAnotherOwnedDoesNotTellItsCuesAgain) {
  VirtualWorld world(talk());
  world.policies.set = cancel_policy();
  world.begin();
  orchestrator::GuideWorker other(parts_of(world), "other");
  world.bus.publish(world.bus.published.at(0));  // told once more
  world.settle();
  ASSERT_TRUE(other.find("c1"));
  EXPECT_EQ(other.find("c1")->lease().fence, 0) << "another one owns it";
  for (int i = 0; i < 40 && world.told<Cue>().empty(); ++i) world.speak(100ms);
  ASSERT_EQ(world.told<Cue>().size(), 1u);
  world.path->stop_guiding();
  other.claim();
  world.settle();
  ASSERT_TRUE(other.find("c1"));
  EXPECT_EQ(other.find("c1")->lease().fence, 2);
  for (int i = 0; i < 10; ++i) {
    world.speak(100ms);
    other.tick();
    world.settle();
  }
  EXPECT_EQ(world.told<Cue>().size(), 1u);
  EXPECT_TRUE(other.find("c1")) << "and guides it";
}

}  // namespace
}  // namespace sotto
