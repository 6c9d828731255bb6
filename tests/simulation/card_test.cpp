// A card number over two finals, through the whole call path: in no event that is told or stored, the ledger exact.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "base/limits.h"
#include "call/event_codec.h"
#include "support/virtual_world.h"

namespace sotto {
namespace {

constexpr std::int64_t kSecond = 16000;

std::vector<ScriptedInterval> dictated() {
  return {{4 * kSecond, "my card number is four one one one one one one one"},
          {kSecond, ""},
          {4 * kSecond, "one one one one one one double one"},
          {kSecond, ""}};
}

void expect_hidden(std::vector<Event> const& events) {
  int cards = 0;
  for (auto const& event : events) {
    auto const text = boost::json::serialize(data_of(event.body));
    EXPECT_EQ(text.find("one"), std::string::npos) << text;
    cards += text.contains("[card]");
  }
  EXPECT_GT(cards, 0);
}

TEST(Card, IsInNoEventAndNotInTheStore) {
  VirtualWorld world(dictated());
  world.begin();
  world.speak(10s);
  world.hang_up();
  ASSERT_TRUE(world.path->finished());
  expect_hidden(world.bus.published);
  auto const stored = world.stored();
  expect_hidden(stored.events);
  for (auto const& [track, rows] : world.path->ledgers()) {
    std::int64_t at = 0;
    for (auto const& row : rows) {
      EXPECT_EQ(row.from, at);
      EXPECT_NE(row.coverage, Coverage::pending);
      EXPECT_NE(row.coverage, Coverage::gap);
      at = row.to;
    }
    EXPECT_EQ(at, 80000) << name(track);
  }
}

// What is held is neither stored nor acknowledged: a process that dies here hears it again.
TEST(Card, WhatIsHeldIsNotAcknowledged) {
  VirtualWorld world(dictated());
  world.begin();
  world.speak(4500ms);
  EXPECT_TRUE(world.told<UtteranceFinal>().empty());
  for (auto const& progress : world.path->progress()) EXPECT_EQ(progress.committed, 0);
  world.pass(limits::kCardHold);
  auto const finals = world.events<UtteranceFinal>();
  ASSERT_EQ(finals.size(), 2u) << "the bound";
  expect_hidden(finals);
  for (auto const& progress : world.path->progress()) EXPECT_EQ(progress.committed, 32000);
}

}  // namespace
}  // namespace sotto
