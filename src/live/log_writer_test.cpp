#include "live/log_writer.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

Time at(std::int64_t ms) { return Time(Duration(1'000'000'000 + ms * 1000)); }
EventBody gap(std::int64_t from) { return CoverageGap{.call = "c", .from = from, .to = from + 1}; }

struct LogWriterTest : testing::Test {
  ByteBudget budget{1 << 20};
  LogWriter writer{budget, "t", {.call = "c", .part = Part::speech, .fence = 1}};

  std::vector<std::pair<std::int64_t, bool>> told() {  // number, unpersisted
    std::vector<std::pair<std::int64_t, bool>> out;
    for (auto const& event : writer.take_told()) out.emplace_back(event.number, event.unpersisted);
    return out;
  }
};
using Told = std::vector<std::pair<std::int64_t, bool>>;

TEST_F(LogWriterTest, OneBatchAtATimeAndItsEventsAreToldWithTheLogsNumbers) {
  writer.append(gap(1), at(0));
  writer.append(gap(2), at(0));
  auto const first = writer.take_batch(at(1));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->batch, 1);
  EXPECT_EQ(first->events.size(), 2u);
  writer.append(gap(3), at(2));
  EXPECT_FALSE(writer.take_batch(at(2)));
  EXPECT_TRUE(told().empty());
  writer.on_appended(7, at(3));
  EXPECT_EQ(told(), (Told{{7, false}, {8, false}}));
  EXPECT_EQ(writer.take_batch(at(3)).value().batch, 2);
  writer.on_appended(12, at(4));
  EXPECT_TRUE(writer.drained());
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(LogWriterTest, WhatTheLogRefusesIsToldAtOnceTriedAgainAsItIsAndToldAgainWithItsNumber) {
  writer.append(gap(1), at(0));
  auto const batch = writer.take_batch(at(0));
  writer.on_failed({"store_failed", "full"}, at(1));
  EXPECT_FALSE(writer.saved());
  EXPECT_EQ(told(), (Told{{0, true}}));
  writer.append(gap(2), at(2));
  EXPECT_EQ(told(), (Told{{0, true}})) << "and so is what comes";
  EXPECT_FALSE(writer.take_batch(at(2))) << "it backs off";
  auto const again = writer.take_batch(at(60'000));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->batch, batch->batch);
  EXPECT_EQ(again->events.size(), 1u);
  writer.on_appended(1, at(60'001));
  EXPECT_FALSE(writer.saved()) << "not all of it";
  ASSERT_TRUE(writer.take_batch(at(60'001)));
  writer.on_appended(2, at(60'002));
  EXPECT_TRUE(writer.saved());
  EXPECT_EQ(told(), (Told{{1, false}, {2, false}}));
}

TEST_F(LogWriterTest, ALogThatHangsIsDownAfterASecond) {
  writer.append(gap(1), at(0));
  ASSERT_TRUE(writer.take_batch(at(0)));
  writer.tick(at(10));
  EXPECT_TRUE(writer.saved());
  writer.tick(at(0) + limits::kNotSavedAfter);
  EXPECT_FALSE(writer.saved());
  EXPECT_EQ(told(), (Told{{0, true}}));
}

TEST_F(LogWriterTest, WithoutALeaseNothingIsAppendedAndAfterASecondItIsToldAllTheSame) {
  LogWriter guidance(budget, "t", {.call = "c", .part = Part::guidance, .fence = 0});
  guidance.append(gap(1), at(0));
  EXPECT_FALSE(guidance.take_batch(at(0)));
  guidance.tick(at(0) + limits::kNotSavedAfter);
  EXPECT_EQ(guidance.take_told().size(), 1u);
  guidance.use({.call = "c", .part = Part::guidance, .fence = 3}, 4);
  auto const batch = guidance.take_batch(at(2000));
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->batch, 5);
  EXPECT_EQ(batch->lease.fence, 3);
}

}  // namespace
}  // namespace sotto
