// What every CallIndex must do (ports/call_index.h), and what a log does for it; the fixtures are those of
// call_log_contract.h.
#pragma once

#include <tuple>

#include "contract/call_log_contract.h"

namespace sotto {

template <typename Fixture>
class CallIndexContract : public CallLogContract<Fixture> {
 protected:
  using Base = CallLogContract<Fixture>;
  void opened(std::string const& id, std::int64_t started_us, Scope const& scope) {
    auto batch = Base::opening(id, "d", started_us);
    auto& info = batch.opening->info;
    std::tie(info.tenant, info.region, info.team, info.agent) =
        std::tie(scope.tenant, scope.region, scope.team, scope.agent);
    EXPECT_TRUE(this->append(batch));
  }
  // The ids of what is listed, in its order.
  std::string ids(CallFilter filter) {
    std::string out;
    for (auto const& call : this->list(std::move(filter))) out += (out.empty() ? "" : " ") + call.info.id;
    return out;
  }
};
TYPED_TEST_SUITE_P(CallIndexContract);

TYPED_TEST_P(CallIndexContract, EventsOfOneRedactionChangeTogetherOrNotAtAll) {
  ASSERT_TRUE(this->append(this->opening()));
  ASSERT_TRUE(this->append(this->speech(2, {"secret", "b", "the secret again"})));
  auto const hidden = [](std::string text) { return EventBody(UtteranceFinal{{.text = std::move(text)}}); };
  EXPECT_EQ(this->redact("c1", {{2, hidden("[x]")}, {5, hidden("[x]")}}).error().code, "no_such_event");
  EXPECT_EQ(this->redact("c1", {{2, hidden("[x]")}, {3, Moment{}}}).error().code, "bad_event");
  EXPECT_EQ(this->texts(), (std::vector<std::string>{"started", "secret", "b", "the secret again"}));
  EXPECT_EQ(this->redact("c1", {}), 5) << "nothing is told of nothing";
  EXPECT_EQ(this->redact("c1", {{4, hidden("the [x] again")}, {2, hidden("[x]")}}), 5);
  EXPECT_EQ(this->texts(), (std::vector<std::string>{"started", "[x]", "b", "the [x] again", "?", "?"}));
  auto const told = this->read("c1", 4);
  ASSERT_EQ(told->size(), 2u);
  EXPECT_EQ(told->at(0).template as<EventRedacted>()->number, 4) << "in the order given";
  EXPECT_EQ(told->at(1).template as<EventRedacted>()->number, 2);
  this->fixture.reopen();
  EXPECT_EQ(this->texts().at(3), "the [x] again");
}

TYPED_TEST_P(CallIndexContract, CallsAreFoundListedAndLoaded) {
  ASSERT_TRUE(this->append(this->opening("c1", "d", 1)));
  auto other = this->opening("c2", "d", 2);
  other.opening->info.tenant = "other";
  ASSERT_TRUE(this->append(other));
  auto end = this->speech(2, {"a"});
  end.events.push_back({.body = Cue{.id = "q"}});
  end.events.push_back({.body = CallEnded{.call = "c1", .reason = EndReason::lost, .duration_ms = 900}});
  end.done = true;
  ASSERT_TRUE(this->append(end));
  EXPECT_EQ(this->find("c1"), CallState::ended);
  EXPECT_EQ(this->find("c2"), CallState::live);
  EXPECT_EQ(this->find("c3"), CallState::unknown);
  auto const all = this->list();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].info.id, "c2") << "the newest first";
  EXPECT_TRUE(all[0].live);
  EXPECT_EQ(all[1].end_reason, "lost");
  EXPECT_EQ(all[1].duration_ms, 900);
  EXPECT_EQ(all[1].events, 4);
  EXPECT_EQ(all[1].cues, 1);
  ASSERT_EQ(this->list({.scope = {.tenant = "demo"}}).size(), 1u);
  EXPECT_EQ(this->list({.scope = {.tenant = "demo"}})[0].info.id, "c1");
  EXPECT_EQ(this->list({.limit = 1}).size(), 1u);
  auto const loaded = this->load("c1");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->events.size(), 4u);
  EXPECT_FALSE(loaded->live);
  EXPECT_EQ(this->load("c3").error().code, "no_such_call");
  EXPECT_TRUE(this->claim(Part::speech, "w2").empty());
}

TYPED_TEST_P(CallIndexContract, CallsAreFilteredWhereTheyAreStored) {
  this->opened("a1", 10, {.tenant = "a", .region = "", .team = "sales", .agent = "ann"});
  this->opened("a2", 20, {.tenant = "a", .region = "", .team = "sales", .agent = "ben"});
  this->opened("a3", 30, {.tenant = "a", .region = "", .team = "help", .agent = "ann"});
  this->opened("b1", 30, {.tenant = "b", .region = "eu", .team = "sales", .agent = "ann"});
  ASSERT_TRUE(this->append(
      {.lease = {"a2", Part::speech, 1}, .batch = 2, .events = {{.time = {}, .body = CallEnded{.call = "a2"}}}}));
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(this->ids({}), "a3 b1 a2 a1") << "the newest first, then by id";
    EXPECT_EQ(this->ids({.scope = {.tenant = "a"}}), "a3 a2 a1");
    EXPECT_EQ(this->ids({.scope = {.tenant = "a", .region = "", .team = "sales"}}), "a2 a1");
    EXPECT_EQ(this->ids({.scope = {.tenant = "a", .region = "", .team = "sales", .agent = "ann"}}), "a1");
    EXPECT_EQ(this->ids({.scope = {.tenant = "", .region = "", .team = "", .agent = "ann"}}), "a3 b1 a1");
    EXPECT_EQ(this->ids({.scope = {.tenant = "none"}}), "");
    EXPECT_EQ(this->ids({.scope = {.tenant = "", .region = "eu"}}), "b1");
    EXPECT_EQ(this->ids({.live = true}), "a3 b1 a1");
    EXPECT_EQ(this->ids({.live = false}), "a2");
    EXPECT_EQ(this->ids({.from = Time(Duration(20)), .before = Time(Duration(30))}), "a2");
    this->fixture.reopen();
  }
  auto const known = this->template ask<KnownCall>([&](auto then) { this->fixture.index().find("a3", then); });
  EXPECT_EQ(known->scope, (Scope{.tenant = "a", .region = "", .team = "help", .agent = "ann"}));
  auto const european = this->template ask<KnownCall>([&](auto then) { this->fixture.index().find("b1", then); });
  EXPECT_EQ(european->scope.region, "eu");
  EXPECT_TRUE(this->template ask<void>([&](auto then) { this->fixture.log().erase("a3", then); }));
  EXPECT_EQ(this->ids({.scope = {.tenant = "a", .region = "", .team = "help"}}), "") << "who spoke is gone too";
  EXPECT_EQ(this->ids({.scope = {.tenant = "a"}, .live = false}), "a3 a2");
}

TYPED_TEST_P(CallIndexContract, ACallIsListedUnderTheAgentWhoHasIt) {
  this->opened("c1", 10, {.tenant = "a", .region = "", .team = "sales", .agent = "ann"});
  ASSERT_TRUE(this->append({.lease = {"c1", Part::speech, 1},
                            .batch = 2,
                            .events = {{.time = {}, .body = AgentChanged{.call = "c1", .agent = "ben", .team = ""}}}}));
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(this->ids({.scope = {.tenant = "a", .region = "", .team = "", .agent = "ben"}}), "c1");
    EXPECT_EQ(this->ids({.scope = {.tenant = "a", .region = "", .team = "", .agent = "ann"}}), "");
    EXPECT_EQ(this->list()[0].info.team, "");
    EXPECT_EQ(this->load("c1")->info.agent, "ben");
    this->fixture.reopen();
  }
  auto const claimed = this->claim(Part::guidance);
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].info.agent, "ben") << "whoever guides it next";
}

TYPED_TEST_P(CallIndexContract, PagesHoldEveryCallOnceThoughNewOnesComeMeanwhile) {
  for (int call = 0; call < 9; ++call)
    this->opened("c" + std::to_string(call), 100 - call / 3, {.tenant = call % 2 ? "odd" : "even"});
  std::string all;
  CallFilter filter{.scope = {.tenant = "even"}, .limit = 2};
  for (int page = 0; page < 3; ++page) {
    auto const calls = this->list(filter);
    ASSERT_EQ(calls.size(), page < 2 ? 2u : 1u);
    for (auto const& call : calls) all += call.info.id + " ";
    filter.after = {.started = calls.back().info.started, .call = calls.back().info.id};
    this->opened("new" + std::to_string(page), 200 + page, {.tenant = "even"});
  }
  EXPECT_EQ(all, "c0 c2 c4 c6 c8 ");
  EXPECT_TRUE(this->list(filter).empty());
}

TYPED_TEST_P(CallIndexContract, WhatATenantsCallsTakeIsKnownOnceTheyAreOver) {
  auto const stored = [&] {
    return this->template ask<StoredBytes>([&](auto then) { this->fixture.index().stored(std::move(then)); }).value();
  };
  EXPECT_TRUE(stored().empty());
  ASSERT_TRUE(this->append(this->opening("c1")));
  auto end = this->speech(2, {std::string(5000, 'a'), std::string(5000, 'b')});
  end.done = true;
  ASSERT_TRUE(this->append(end));
  auto other = this->opening("c2");
  other.opening->info.tenant = "other";
  ASSERT_TRUE(this->append(other));
  auto const bytes = stored();
  EXPECT_GE(bytes.at("demo"), 10'000);
  EXPECT_LE(bytes.at("demo"), 13'000) << "sealed, they are little longer";
  EXPECT_EQ(bytes.at("other"), 0) << "it goes on";
  this->fixture.reopen();
  EXPECT_EQ(stored(), bytes);
  ASSERT_TRUE(this->template ask<void>([&](auto then) { this->fixture.log().erase("c1", std::move(then)); }));
  EXPECT_EQ(stored().at("demo"), 0);
}

REGISTER_TYPED_TEST_SUITE_P(CallIndexContract, EventsOfOneRedactionChangeTogetherOrNotAtAll,
                            CallsAreFoundListedAndLoaded, CallsAreFilteredWhereTheyAreStored,
                            ACallIsListedUnderTheAgentWhoHasIt, PagesHoldEveryCallOnceThoughNewOnesComeMeanwhile,
                            WhatATenantsCallsTakeIsKnownOnceTheyAreOver);

}  // namespace sotto
