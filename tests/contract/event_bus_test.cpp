// What every EventBus must do (ports/event_bus.h), against the bus in process and the scripted one.
#include <gtest/gtest.h>

#include "adapters/memory_bus/memory_bus.h"
#include "support/virtual_world.h"

namespace sotto {

template <typename Bus>
class EventBusContract : public testing::Test {
 protected:
  Bus bus;
  static Event event(std::string call, std::int64_t number) { return {.call = std::move(call), .number = number}; }
};

using Buses = testing::Types<MemoryBus, ScriptedBus>;
TYPED_TEST_SUITE(EventBusContract, Buses);

TYPED_TEST(EventBusContract, AFollowerGetsItsCallsEventsInOrder) {
  std::vector<std::int64_t> got;
  auto const ticket = this->bus.subscribe("a", [&](Event const& event) { got.push_back(event.number); });
  for (int number = 1; number <= 3; ++number) {
    this->bus.publish(this->event("a", number));
    this->bus.publish(this->event("b", 100 + number));
  }
  EXPECT_EQ(got, (std::vector<std::int64_t>{1, 2, 3}));
}

TYPED_TEST(EventBusContract, WhatIsPublishedWhileTellingComesAfterwardsForEveryone) {
  std::vector<std::int64_t> first, second;
  auto const one = this->bus.subscribe("a", [&](Event const& event) {
    first.push_back(event.number);
    if (event.number == 1) this->bus.publish(this->event("a", 2));
  });
  auto const two = this->bus.subscribe("a", [&](Event const& event) { second.push_back(event.number); });
  this->bus.publish(this->event("a", 1));
  EXPECT_EQ(first, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(second, first);
}

TEST(MemoryBus, AFollowerThatLeftHearsNothing) {
  MemoryBus bus;
  int heard = 0;
  auto ticket = bus.subscribe("a", [&](Event const&) { ++heard; });
  bus.publish({.call = "a", .number = 1});
  ticket.reset();
  bus.publish({.call = "a", .number = 2});
  EXPECT_EQ(heard, 1);
}

}  // namespace sotto
