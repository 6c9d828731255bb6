// A card of which nobody knew that it is one until it was whole: what went on of it before is in the store no more.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "call/event_codec.h"
#include "support/virtual_world.h"

namespace sotto {
namespace {

constexpr std::int64_t kSecond = 16000;

// So slowly that the gate cannot wait for the end of it.
std::vector<ScriptedInterval> pieces() {
  return {{2 * kSecond, "so four seven one six"}, {9 * kSecond, ""},
          {2 * kSecond, "two three eight nine"},  {9 * kSecond, ""},
          {2 * kSecond, "oh five one seven"},     {9 * kSecond, ""},
          {2 * kSecond, "three six four zero"},   {60 * kSecond, ""}};
}

bool says_digits(Event const& event) {
  auto const text = boost::json::serialize(data_of(event.body));
  return std::ranges::any_of(std::array{"four", "seven", "three", "eight", "nine", "zero"},
                             [&](char const* word) { return text.contains(word); });
}

long readable(std::vector<Event> const& events) { return std::ranges::count_if(events, says_digits); }

struct LateCard : testing::Test {
  VirtualWorld world{pieces()};

  void expect_gone(long finals = 8) {
    auto const stored = world.stored().events;
    for (auto const& event : stored) EXPECT_FALSE(says_digits(event)) << boost::json::serialize(data_of(event.body));
    EXPECT_EQ(std::ranges::count_if(stored, [](Event const& event) { return event.is<UtteranceFinal>(); }), finals);
    EXPECT_EQ(world.late_masks.waiting(), 0u);
  }
};

TEST_F(LateCard, IsInTheStoreNoMoreOnceItIsWhole) {
  world.begin();
  world.speak(30s);
  ASSERT_GE(readable(world.stored().events), 2) << "nobody could know";
  world.speak(8s);
  expect_gone();
  EXPECT_GE(world.told<EventRedacted>().size(), 2u) << "whoever follows the call is told";
  auto const page = boost::json::serialize(world.path->feed()->view().to_json().at("utterances"));
  EXPECT_FALSE(page.contains("four")) << page;
  EXPECT_TRUE(page.contains("[card]")) << page;
  world.hang_up();
  world.pass(2s);
  expect_gone();
}

TEST_F(LateCard, IsTakenBackOnceTheLogCanBeReachedAgain) {
  world.begin();
  world.speak(30s);
  ASSERT_GE(readable(world.stored().events), 2);
  world.log.failing = true;
  world.speak(8s);
  EXPECT_GT(world.late_masks.waiting(), 0u);
  EXPECT_GE(readable(world.stored().events), 2);
  world.log.failing = false;
  world.speak(8s);
  expect_gone();
}

// The recognisers of the other process begin the script anew: the card is said again from the start.
TEST_F(LateCard, WhatAnotherProcessStoredIsTakenBackToo) {
  world.begin();
  world.speak(30s);
  ASSERT_GE(readable(world.stored().events), 2);
  world.path.reset();
  world.recognizer.streams.clear();
  world.settle();
  world.log.reopen();
  world.path = std::make_unique<OneCall>(world.world());
  world.path->adopt();
  world.settle();
  ASSERT_TRUE(world.path->adopted());
  world.path->on_source(true);
  world.settle();
  for (auto const& progress : world.path->progress()) {
    for (auto at = progress.received; at < world.at; at += 160)
      world.send(progress.track, at, std::min<std::int64_t>(160, world.at - at));
  }
  world.settle();
  world.speak(32s);
  expect_gone(12);
}

}  // namespace
}  // namespace sotto
