#include "webhooks/webhook_lane.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace sotto::app {
namespace {

Time at(double seconds) { return Time(Duration(static_cast<std::int64_t>(seconds * 1e6))); }

std::vector<std::int64_t> numbers(std::vector<WebhookRequest> const& requests) {
  std::vector<std::int64_t> out;
  for (auto const& request : requests) out.push_back(request.sequence);
  return out;
}
using Numbers = std::vector<std::int64_t>;

TEST(WebhookLane, WhatAStatusMeans) {
  for (int const good : {200, 202, 204}) EXPECT_EQ(judge(good, 1), WebhookVerdict::delivered) << good;
  for (int const final : {400, 405, 410, 422}) EXPECT_EQ(judge(final, 1), WebhookVerdict::given_up) << final;
  for (int const later : {0, 100, 301, 302, 401, 403, 404, 408, 429, 500, 503, 599}) {
    EXPECT_EQ(judge(later, 1), WebhookVerdict::again) << later;
    EXPECT_EQ(judge(later, limits::kWebhookTriesMax), WebhookVerdict::given_up) << later;
  }
}

TEST(WebhookLane, AFewAtATimeTheOldestFirst) {
  WebhookLane lane(1);
  for (std::int64_t i = 1; i <= 6; ++i) lane.add({.sequence = i}, at(0));
  EXPECT_EQ(numbers(lane.take(at(0))), (Numbers{1, 2, 3, 4}));
  EXPECT_TRUE(lane.take(at(0)).empty());
  EXPECT_EQ(lane.answered(2, {.status = 200}, at(1)).verdict, WebhookVerdict::delivered);
  EXPECT_EQ(numbers(lane.take(at(1))), Numbers{5});
  EXPECT_EQ(lane.size(), 5u);
}

TEST(WebhookLane, EachWaitIsAboutFourTimesTheOneBeforeUntilItIsGivenUp) {
  WebhookLane lane(7);
  lane.add({.sequence = 1}, at(0));
  Time now = at(0);
  double longest = 1;
  for (int tries = 1; tries < limits::kWebhookTriesMax; ++tries) {
    ASSERT_EQ(lane.take(now).size(), 1u) << tries;
    ASSERT_EQ(lane.answered(1, {.status = 500}, now).verdict, WebhookVerdict::again) << tries;
    auto const wait = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(longest));
    EXPECT_TRUE(lane.take(now + wait / 2 - 1ms).empty()) << tries;
    now += wait;
    longest = std::min(longest * 4, 3600.0);
  }
  ASSERT_EQ(lane.take(now).size(), 1u);
  auto const last = lane.answered(1, {.status = 0}, now);
  EXPECT_EQ(last.verdict, WebhookVerdict::given_up);
  EXPECT_EQ(last.tries, limits::kWebhookTriesMax);
  EXPECT_EQ(lane.size(), 0u);
}

TEST(WebhookLane, TheReceiverGetsTheRestItAsksFor) {
  WebhookLane lane(1);
  lane.add({.sequence = 1}, at(0));
  lane.take(at(0));
  lane.answered(1, {.status = 429, .retry_after = Duration(30s)}, at(0));
  lane.add({.sequence = 2}, at(1));
  EXPECT_TRUE(lane.take(at(29.9)).empty());
  EXPECT_EQ(numbers(lane.take(at(30))), (Numbers{1, 2}));
}

TEST(WebhookLane, WhatCouldNotBeSentIsNoTryAndWhatIsDroppedIsGone) {
  WebhookLane lane(1);
  for (std::int64_t i = 1; i <= 2; ++i) lane.add({.sequence = i}, at(0));
  ASSERT_EQ(lane.take(at(0)).size(), 2u);
  lane.postponed(1, at(0));
  lane.drop(2);
  EXPECT_EQ(lane.size(), 1u);
  EXPECT_TRUE(lane.take(at(0.9)).empty());
  EXPECT_EQ(numbers(lane.take(at(1))), Numbers{1});
  EXPECT_EQ(lane.answered(1, {.status = 500}, at(1)).tries, 1);
}

TEST(WebhookLane, ItsRoomIsBounded) {
  WebhookLane lane(1);
  EXPECT_EQ(lane.room(), limits::kWebhookWaitingMax);
  for (std::size_t i = 0; i < limits::kWebhookWaitingMax; ++i)
    lane.add({.sequence = static_cast<std::int64_t>(i)}, at(0));
  EXPECT_EQ(lane.room(), 0u);
}

TEST(WebhookLane, RetryAfterIsSecondsOrADateAndBounded) {
  auto const now = Time(std::chrono::seconds(1'445'412'420));  // 2015-10-21 07:27:00
  EXPECT_EQ(read_retry_after("120", now), Duration(120s));
  EXPECT_EQ(read_retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), Duration(60s));
  EXPECT_EQ(read_retry_after("Wed, 21 Oct 2015 07:00:00 GMT", now), Duration(0));
  EXPECT_EQ(read_retry_after("Wed, 21 Oct 2099 07:28:00 GMT", now), limits::kWebhookRetryMax);
  EXPECT_EQ(read_retry_after("99999999999999999999", now), limits::kWebhookRetryMax);
  EXPECT_EQ(read_retry_after("-5", now), Duration(0));
  for (auto const* bad : {"", "soon", "12 s", "1.5"}) EXPECT_EQ(read_retry_after(bad, now), std::nullopt) << bad;
}

}  // namespace
}  // namespace sotto::app
