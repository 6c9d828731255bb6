#include "api/call_listing.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace sotto::app {

namespace {

CallSummary call(std::string id, std::int64_t started_us) {
  return {.info = {.id = std::move(id), .tenant = "acme", .started = Time(Duration(started_us))}, .live = true};
}

}  // namespace

TEST(CallListing, ParametersBecomeTheFilterOfTheStore) {
  auto const page = asked_page(
      "tenant=acme&team=sales%20east&agent=ann&state=ended&from=2026-01-31&before=2026-01-31T10:30:00%2B01:00&limit=20",
      Scope());
  ASSERT_TRUE(page) << page.error().message;
  auto const& filter = page->filter;
  EXPECT_EQ(filter.scope, (Scope{.tenant = "acme", .region = "", .team = "sales east", .agent = "ann"}));
  EXPECT_EQ(filter.live, false);
  EXPECT_EQ(to_rfc3339(*filter.from), "2026-01-31T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(*filter.before), "2026-01-31T09:30:00.000Z");
  EXPECT_EQ(page->size, 20u);
  EXPECT_EQ(filter.limit, 21u) << "one more says whether another page follows";
  EXPECT_EQ(asked_page("", Scope())->size, 500u);
}

TEST(CallListing, NobodyAsksBeyondTheirScope) {
  Scope const sales{.tenant = "acme", .region = "", .team = "sales", .agent = ""};
  EXPECT_EQ(asked_page("", sales)->filter.scope, sales);
  EXPECT_FALSE(asked_page("team=sales&agent=ann", sales)->none);
  EXPECT_EQ(asked_page("agent=ann", sales)->filter.scope.agent, "ann");
  EXPECT_TRUE(asked_page("team=help", sales)->none);
  EXPECT_TRUE(asked_page("tenant=bank", sales)->none);
}

TEST(CallListing, WhatIsWrongIsNamed) {
  for (auto const* query : {"limit=0", "limit=501", "limit=x", "state=over", "from=yesterday", "before=2026-13-01",
                            "cursor=zz", "cursor=00", "agents=ann", "team=", "limit=1&limit=2", "team=%zz"}) {
    auto const page = asked_page(query, Scope());
    ASSERT_FALSE(page) << query;
    EXPECT_EQ(page.error().code, "bad_query") << query;
    auto const name = std::string_view(query).substr(0, std::string_view(query).find('='));
    if (!std::string_view(query).ends_with("zz") || name == "cursor")
      EXPECT_TRUE(page.error().message.contains(name)) << page.error().message;
  }
}

TEST(CallListing, APageLeadsToTheNext) {
  auto page = asked_page("limit=2", Scope()).value();
  auto const first = page_json(page, {call("c1", 30), call("an id", 20), call("c3", 10)}, {{"c1", 777}});
  EXPECT_EQ(first.at("calls").as_array().size(), 2u);
  EXPECT_EQ(first.at("calls").as_array()[0].at("duration_ms"), 777);
  auto const next = asked_page("limit=2&cursor=" + get_string(first, "next"), Scope());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->filter.after->call, "an id");
  EXPECT_EQ(next->filter.after->started, Time(Duration(20)));
  EXPECT_FALSE(page_json(*next, {call("c3", 10)}, {}).contains("next"));
}

}  // namespace sotto::app
