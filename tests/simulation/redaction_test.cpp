// Words that are taken back while the call goes on: nothing that is told or stored afterwards says them.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "aftercall/take_back.h"
#include "base/limits.h"
#include "call/event_codec.h"
#include "support/virtual_world.h"

namespace sotto {
namespace {

constexpr std::int64_t kSecond = 16000;

std::vector<ScriptedInterval> talk() {
  return {{2 * kSecond, "I want to cancel my contract."}, {kSecond, ""}, {2 * kSecond, "that is all."}, {kSecond, ""}};
}

// Spoken by meaning, so that the models are asked.
std::shared_ptr<PolicySet const> policy() {
  Rule rule{.id = "cancel",
            .when = Spoken{.triggers = {{SpokenTrigger::Kind::said_like, {"want to cancel my"}, nullptr}}}};
  rule.cue = CueTemplate{.headline = "Ask why", .body = "Then offer the plan."};
  PolicySet set{.version = "v1", .rules = {rule}, .meanings = nullptr};
  auto vectors = std::make_shared<std::unordered_map<std::string, std::vector<float>>>();
  (*vectors)["want to cancel my"] = ScriptedShard::vector_of("want to cancel my");
  set.meanings = std::move(vectors);
  return std::make_shared<PolicySet const>(std::move(set));
}

bool says(EventBody const& body) { return boost::json::serialize(data_of(body)).contains("contract"); }

class RedactionInACall : public testing::Test {
 protected:
  RedactionInACall() { world.policies.set = policy(); }

  std::vector<std::int64_t> redact(std::int64_t number, Hiding hiding = {}) {
    std::optional<Result<std::vector<std::int64_t>>> answer;
    take_back.redact("c1", {.tenant = "demo"}, number, std::move(hiding), world.clock.now(),
                     [&](auto changed) { answer = std::move(changed); });
    world.settle();
    EXPECT_TRUE(answer && *answer) << (answer ? answer->error().message : "no answer");
    return answer && *answer ? **answer : std::vector<std::int64_t>();
  }
  // The number of the customer's first final.
  std::int64_t first_final() {
    for (auto const& event : world.stored().events) {
      auto const* said = words_of(event);
      if (said && said->id() == "customer-0") return event.number;
    }
    ADD_FAILURE() << "nothing was said";
    return 0;
  }
  // What the customer said stands nowhere; the agent's track says the same words and keeps them.
  void expect_gone() {
    for (auto const& event : world.stored().events) {
      auto const* said = words_of(event);
      auto const text = boost::json::serialize(data_of(event.body));
      if (!(said && said->track == Track::agent) && !text.contains("agent-0")) EXPECT_FALSE(says(event.body)) << text;
    }
  }
  void pass(Duration time) {
    for (auto left = time; left > Duration(0); left -= 500ms) {
      world.pass(500ms);
      take_back.tick(world.clock.now());
      world.settle();
    }
  }

  VirtualWorld world{talk()};
  aftercall::TakeBack take_back{world.log, world.log, world.bus};
};

TEST_F(RedactionInACall, ACueThatWasShownQuotesThemNoMore) {
  world.begin();
  world.speak(3s);
  world.pass(1s);
  ASSERT_FALSE(world.told<Cue>().empty());
  EXPECT_GE(redact(first_final(), {.words = {"cancel my contract"}, .label = "reason"}).size(), 2u);
  expect_gone();
  auto const told = world.told<EventRedacted>();
  ASSERT_GE(told.size(), 2u);
  EXPECT_TRUE(boost::json::serialize(told.back().data).contains("[reason]"));
  auto const view = boost::json::serialize(world.path->feed()->view().to_json().at("utterances"));
  EXPECT_TRUE(view.contains("I want to [reason]")) << view;
  world.speak(3s);
  world.hang_up();
  pass(2s);
  expect_gone();
}

TEST_F(RedactionInACall, WhatTheModelsSayOfThemAfterwardsIsNotHeard) {
  world.begin();
  world.shard.held = true;
  world.speak(3s);
  ASSERT_TRUE(world.shard.waiting()) << "the graph is running";
  auto const number = first_final();
  redact(number);
  world.shard.held = false;
  world.shard.release();
  pass(3s);
  for (auto const& cue : world.told<Cue>()) EXPECT_NE(cue.utterance, "customer-0");
  expect_gone();
}

TEST_F(RedactionInACall, NoSnapshotKnowsThem) {
  world.begin();
  world.speak(3s);
  world.pass(1s);
  redact(first_final());
  pass(2s);
  world.path.reset();
  world.clock.advance(2 * limits::kLease);
  std::optional<Result<std::vector<Claimed>>> claimed;
  world.log.claim(Part::guidance, "other", 1, [&](auto parts) { claimed = std::move(parts); });
  world.settle();
  ASSERT_TRUE(claimed && *claimed && (*claimed)->size() == 1u);
  auto const& snapshot = (*claimed)->front().snapshot;
  ASSERT_FALSE(snapshot.empty()) << "it was noted anew";
  auto const memory = boost::json::parse(snapshot).at("orchestrator").at("last").as_array();
  EXPECT_FALSE(boost::json::serialize(memory[index(Track::customer)]).contains("contract")) << snapshot;
  EXPECT_TRUE(boost::json::serialize(memory[index(Track::agent)]).contains("contract")) << "this was not taken back";
}

TEST_F(RedactionInACall, WhatWasOnItsWayToTheLogIsTakenBackToo) {
  world.begin();
  world.speak(3s);
  world.pass(1s);
  auto const number = first_final();
  redact(number);
  // As an owner would whose batch came a moment after the redaction.
  std::optional<Result<std::vector<Claimed>>> claimed;
  world.path.reset();
  world.clock.advance(2 * limits::kLease);
  world.log.claim(Part::guidance, "late", 1, [&](auto parts) { claimed = std::move(parts); });
  world.settle();
  ASSERT_TRUE(claimed && *claimed && (*claimed)->size() == 1u);
  auto const& part = (*claimed)->front();
  redact(number);
  Because const quote{.utterance = "customer-0", .speaker = "customer", .text = "my contract.", .end_ms = 2000};
  world.log.append({.lease = part.lease,
                    .batch = part.batch + 1,
                    .events = {{.time = world.clock.now(), .body = Moment{.policy = "p", .because = quote}}}},
                   [](auto) {});
  world.settle();
  pass(2s);
  expect_gone();
}

TEST_F(RedactionInACall, AnErasedCallIsShownNoMore) {
  world.begin();
  world.speak(3s);
  auto const erase = [&](Scope scope) {
    std::optional<Result<void>> answer;
    take_back.erase("c1", scope, [&](auto erased) { answer = std::move(erased); });
    world.settle();
    return answer && *answer ? "" : answer->error().code;
  };
  EXPECT_EQ(erase({.tenant = "other"}), "no_such_call");
  EXPECT_EQ(erase({}), "live");
  auto const page = std::make_shared<delivery::Subscriber>([] {});
  world.path->subscribe(page);
  world.hang_up();
  EXPECT_EQ(erase({.tenant = "demo"}), "");
  EXPECT_EQ(world.path->feed(), nullptr);
  EXPECT_TRUE(page->closed());
  EXPECT_EQ(erase({}), "") << "a success again";
}

}  // namespace
}  // namespace sotto
