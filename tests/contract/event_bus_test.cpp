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

std::function<void(Notice const&)> numbers_into(std::vector<std::int64_t>& out) {
  return [&out](Notice const& notice) { out.push_back(std::get<Event>(notice).number); };
}

using Buses = testing::Types<MemoryBus, ScriptedBus>;
TYPED_TEST_SUITE(EventBusContract, Buses);

TYPED_TEST(EventBusContract, AFollowerGetsItsCallsEventsInOrder) {
  std::vector<std::int64_t> got, all;
  auto const one = this->bus.follow({.call = "a"}, numbers_into(got));
  auto const every = this->bus.follow({}, numbers_into(all));
  for (int number = 1; number <= 3; ++number) {
    this->bus.publish(this->event("a", number));
    this->bus.publish(this->event("b", 100 + number));
  }
  EXPECT_EQ(got, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(all, (std::vector<std::int64_t>{1, 101, 2, 102, 3, 103}));
}

TYPED_TEST(EventBusContract, WhatIsPublishedWhileTellingComesAfterwardsForEveryone) {
  std::vector<std::int64_t> first, second;
  auto const one = this->bus.follow({.call = "a"}, [&](Notice const& notice) {
    numbers_into(first)(notice);
    if (first.back() == 1) this->bus.publish(this->event("a", 2));
  });
  auto const two = this->bus.follow({.call = "a"}, numbers_into(second));
  this->bus.publish(this->event("a", 1));
  EXPECT_EQ(first, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(second, first);
}

TYPED_TEST(EventBusContract, AFollowerThatLeftHearsNothing) {
  std::vector<std::int64_t> heard;
  auto ticket = this->bus.follow({.call = "a"}, numbers_into(heard));
  this->bus.publish(this->event("a", 1));
  ticket.reset();
  this->bus.publish(this->event("a", 2));
  EXPECT_EQ(heard.size(), 1u);
}

TYPED_TEST(EventBusContract, ANewCallIsToldToWhoeverTakesCareOfItBeforeThoseWhoFollowIt) {
  std::vector<std::string> order;
  std::unique_ptr<EventBus::Subscription> news;
  auto const taking = this->bus.take_new([&](Notice const& notice) {
    order.push_back("new " + std::get<Event>(notice).call);
    news = this->bus.follow({.call = "a"},
                            [&](Notice const& told) { order.push_back(std::to_string(std::get<Event>(told).number)); });
  });
  this->bus.publish(Event{.call = "a", .tenant = {}, .number = 1, .time = {}, .body = CallStarted{}});
  for (std::string const call : {"a", "b"})
    this->bus.publish(Event{.call = call, .tenant = {}, .number = 2, .time = {}, .body = Moment{}});
  ASSERT_GE(order.size(), 2u);
  EXPECT_EQ(order.front(), "new a");
  EXPECT_EQ(order.back(), "2");
  EXPECT_EQ(std::ranges::count_if(order, [](auto const& what) { return what.starts_with("new"); }), 1);
}

TYPED_TEST(EventBusContract, ACommandReachesTheOwnerOfItsPartAndItsAnswerComesBack) {
  std::string asked;
  auto owner = this->bus.serve("a", Part::guidance, [&](CallCommand command, Then<void> then) {
    asked = std::get<Dismiss>(std::get<GuideCommand>(command)).cue;
    then(fail("no_such_cue", "none"));
  });
  std::vector<std::string> answers;
  auto const note = [&](Result<void> answer) { answers.push_back(answer ? "done" : answer.error().code); };
  this->bus.send("a", GuideCommand(Dismiss{"c1"}), note);
  EXPECT_EQ(asked, "c1");
  this->bus.send("a", SpeechCommand(StopListening{}), note);
  this->bus.send("b", GuideCommand(Dismiss{"c1"}), note);
  owner.reset();
  this->bus.send("a", GuideCommand(Dismiss{"c1"}), note);
  EXPECT_EQ(answers, (std::vector<std::string>{"no_such_cue", "not_live", "not_live", "not_live"}));
}

TYPED_TEST(EventBusContract, ANewOwnerIsNotForgottenWithTheOneBefore) {
  auto const done = [](CallCommand, Then<void> then) { then({}); };
  auto before = this->bus.serve("a", Part::speech, done);
  auto const after = this->bus.serve("a", Part::speech, done);
  before.reset();
  bool answered = false;
  this->bus.send("a", SpeechCommand(StopListening{}), [&](Result<void> answer) { answered = answer.has_value(); });
  EXPECT_TRUE(answered);
}

}  // namespace sotto
