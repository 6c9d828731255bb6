#include "api/recorded_access.h"

#include <gtest/gtest.h>

#include "support/manual_clock.h"

namespace sotto::app {
namespace {

// Answers when the test says so.
class HeldLog final : public AccessLog {
 public:
  void append(AccessEntry entry, Then<void> then) override {
    entries.push_back(std::move(entry));
    waiting.push_back(std::move(then));
  }
  std::string trouble() const override { return ""; }
  void answer(Result<void> const& result = {}) {
    for (auto& then : std::exchange(waiting, {})) then(result);
  }
  std::vector<AccessEntry> entries;
  std::vector<Then<void>> waiting;
};

struct RecordedAccessTest : testing::Test {
  void ask(Permission permission, std::string route = "GET /v1/calls/{call}", int status = 200) {
    recorded.pass(
        access_of(permission), std::move(route), "c",
        {.query = "reason=x", .caller = {.name = "desk"}, .peer = "10.0.0.1"},
        [this, status](net::HttpRequest const&, auto respond) {
          ++handled;
          respond({.status = status, .body = "words"});
        },
        [this](net::HttpResponse response) { answers.push_back(std::move(response)); });
  }
  HeldLog log;
  ManualClock clock;
  RecordedAccess recorded{log, clock};
  int handled = 0;
  std::vector<net::HttpResponse> answers;
};

TEST_F(RecordedAccessTest, WhatIsReadLeavesWhenItIsWrittenDown) {
  ask(Permission::read_calls);
  EXPECT_TRUE(answers.empty()) << "its entry is not durable yet";
  log.answer();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].body, "words");
  auto const& entry = log.entries.at(0);
  EXPECT_EQ(entry.who.name, "desk");
  EXPECT_EQ(entry.peer, "10.0.0.1");
  EXPECT_EQ(entry.permission, "read_calls");
  EXPECT_EQ(entry.subject, "c");
  EXPECT_EQ(entry.detail, "reason=x");
  EXPECT_EQ(entry.status, 200);
}

TEST_F(RecordedAccessTest, TheSameReadAgainIsWrittenAfterAWhileAlone) {
  ask(Permission::read_calls);
  log.answer();
  ask(Permission::read_calls);
  EXPECT_EQ(answers.size(), 2u);
  EXPECT_EQ(log.entries.size(), 1u);
  ask(Permission::read_calls, "GET /v1/calls/{call}/events");
  log.answer();
  EXPECT_EQ(log.entries.size(), 2u) << "something else";
  clock.advance(std::chrono::minutes(10));
  ask(Permission::read_calls);
  EXPECT_EQ(log.entries.size(), 3u);
}

TEST_F(RecordedAccessTest, WhatCannotBeWrittenDownIsNotShownAndNotTakenForWritten) {
  ask(Permission::read_calls);
  log.answer(fail("access_log_failed", "the disk is full"));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, 503);
  EXPECT_EQ(answers[0].body.find("words"), std::string::npos);
  ask(Permission::read_calls);
  EXPECT_EQ(log.entries.size(), 2u) << "it was not read before";
}

TEST_F(RecordedAccessTest, WhatChangesIsWrittenBeforeItIsDoneAndAgainWithItsEnd) {
  ask(Permission::erase_calls, "DELETE /v1/calls/{call}", 409);
  EXPECT_EQ(handled, 0);
  log.answer();
  EXPECT_EQ(handled, 1);
  EXPECT_TRUE(answers.empty());
  log.answer(fail("access_log_failed", "the disk is full"));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, 409) << "it was done, and is told";
  ASSERT_EQ(log.entries.size(), 2u);
  EXPECT_EQ(log.entries[0].status, std::nullopt);
  EXPECT_EQ(log.entries[1].status, 409);
}

TEST_F(RecordedAccessTest, WhatCannotBeWrittenDownIsNotDone) {
  ask(Permission::erase_calls);
  log.answer(fail("access_log_failed", "the disk is full"));
  log.answer();
  EXPECT_EQ(handled, 0);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, 503);
}

}  // namespace
}  // namespace sotto::app
