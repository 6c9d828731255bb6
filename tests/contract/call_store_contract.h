// What every CallStore must do (ports/call_store.h). A Fixture gives `store()`, `settle()` (until everything asked has
// been answered) and `reopen()` (as after a restart of the process).
#pragma once

#include <optional>

#include <gtest/gtest.h>

#include "ports/call_store.h"

namespace sotto {

template <typename Fixture>
class CallStoreContract : public testing::Test {
 protected:
  static CallInfo info(std::string id = "c1") {
    return {
        .id = std::move(id), .tenant = "demo", .tracks = {Track::customer}, .format = {}, .started = Time(Duration(5))};
  }
  static Event event(std::int64_t number, std::string text) {
    return {.call = "c1",
            .tenant = "demo",
            .number = number,
            .type = event_type::utterance_final,
            .time = Time(Duration(number)),
            .data = {{"text", text}}};
  }
  static TrackUpdate decided(std::int64_t from, std::int64_t to, std::int64_t utterance) {
    return {.decided_before = from,
            .decided_after = to,
            .rows = {{.from = from, .to = to, .coverage = Coverage::final, .utterance = utterance}}};
  }
  static StoreBatch opening() {
    return {.call = "c1", .opened = info(), .resume_digest = "d", .events = {event(1, "started")}, .tracks = {}};
  }
  Result<void> commit(StoreBatch batch) {
    std::optional<Result<void>> answer;
    fixture.store().commit(std::move(batch), [&](Result<void> result) { answer = std::move(result); });
    EXPECT_FALSE(answer) << "never inside commit()";
    fixture.settle();
    return answer.value_or(fail("test", "no answer"));
  }
  Fixture fixture;
};

TYPED_TEST_SUITE_P(CallStoreContract);

TYPED_TEST_P(CallStoreContract, WhatWasAnsweredIsThereAfterARestart) {
  ASSERT_TRUE(this->commit(this->opening()));
  ASSERT_TRUE(this->commit({.call = "c1", .events = {this->event(2, "hello")}, .tracks = {this->decided(0, 800, 0)}}));
  this->fixture.reopen();
  auto const call = this->fixture.store().load("c1");
  ASSERT_TRUE(call);
  EXPECT_TRUE(call->live);
  EXPECT_EQ(call->resume_digest, "d");
  ASSERT_EQ(call->events.size(), 2u);
  EXPECT_EQ(call->events[1].data.at("text"), "hello");
  ASSERT_EQ(call->ledger.at(Track::customer).size(), 1u);
  EXPECT_EQ(call->ledger.at(Track::customer)[0].to, 800);
}

TYPED_TEST_P(CallStoreContract, AnotherPrefixIsAConflictAndNothingOfItIsStored) {
  ASSERT_TRUE(this->commit(this->opening()));
  ASSERT_TRUE(this->commit({.call = "c1", .events = {this->event(2, "a")}, .tracks = {this->decided(0, 800, 0)}}));
  auto const refused =
      this->commit({.call = "c1", .events = {this->event(3, "b")}, .tracks = {this->decided(400, 1200, 1)}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "conflict");
  EXPECT_EQ(this->fixture.store().load("c1")->events.size(), 2u);
}

TYPED_TEST_P(CallStoreContract, TheSameBatchAgainChangesNothing) {
  ASSERT_TRUE(this->commit(this->opening()));
  StoreBatch const batch{.call = "c1", .events = {this->event(2, "a")}, .tracks = {this->decided(0, 800, 0)}};
  ASSERT_TRUE(this->commit(batch));
  EXPECT_TRUE(this->commit(batch));
  EXPECT_TRUE(this->commit(this->opening()));
  EXPECT_EQ(this->fixture.store().load("c1")->events.size(), 2u);
}

TYPED_TEST_P(CallStoreContract, AnIdThatIsTakenIsAConflict) {
  ASSERT_TRUE(this->commit(this->opening()));
  auto other = this->opening();
  other.resume_digest = "another";
  EXPECT_EQ(this->commit(other).error().code, "conflict");
  EXPECT_TRUE(*this->fixture.store().exists("c1"));
  EXPECT_FALSE(*this->fixture.store().exists("c2"));
  EXPECT_EQ(this->fixture.store().load("c2").error().code, "no_such_call");
}

TYPED_TEST_P(CallStoreContract, LiveCallsAreAdoptedInANewEpochEndedOnesAreNot) {
  ASSERT_TRUE(this->commit(this->opening()));
  EXPECT_EQ(this->fixture.store().adopt_live_calls()->at(0).epoch, 2);
  EXPECT_EQ(this->fixture.store().adopt_live_calls()->at(0).epoch, 3);
  auto end = this->event(2, "");
  end.type = event_type::call_ended;
  end.data = {{"reason", "hangup"}, {"duration_ms", 1000}};
  ASSERT_TRUE(this->commit({.call = "c1", .events = {end}, .tracks = {}, .ended = true}));
  EXPECT_TRUE(this->fixture.store().adopt_live_calls()->empty());
  EXPECT_FALSE(this->fixture.store().list(10)->at(0).live);
}

REGISTER_TYPED_TEST_SUITE_P(CallStoreContract, WhatWasAnsweredIsThereAfterARestart,
                            AnotherPrefixIsAConflictAndNothingOfItIsStored, TheSameBatchAgainChangesNothing,
                            AnIdThatIsTakenIsAConflict, LiveCallsAreAdoptedInANewEpochEndedOnesAreNot);

}  // namespace sotto
