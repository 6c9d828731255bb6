#include "live/guidance/guidance.h"

#include <gtest/gtest.h>

namespace sotto::guidance {
namespace {

Time at(std::int64_t ms) { return Time(Duration(ms * 1000)); }

Rule rule(std::string id, int priority = 50) {
  Rule out{.id = std::move(id)};
  out.cue = CueTemplate{.headline = "Ask why"};
  out.limits.priority = priority;
  return out;
}

Match match(Rule const& of, std::int64_t call_ms, std::string utterance) {
  return {.rule = &of,
          .policy_version = "v1",
          .because = {.utterance = std::move(utterance), .trigger = "phrase"},
          .call_ms = call_ms};
}

std::string text(std::vector<Annotation> const& annotations) {
  std::string out;
  for (auto const& one : annotations) {
    if (auto const* cue = std::get_if<Cue>(&one)) out += "show " + cue->policy + " ";
    else if (auto const* closed = std::get_if<CueClosed>(&one)) out += closed->reason + " ";
    else if (auto const* tick = std::get_if<Tick>(&one)) out += "tick " + tick->item + " ";
  }
  return out;
}

TEST(Guidance, OneCueAtATimeTheHigherPriorityReplacesAfterTenSeconds) {
  auto const low = rule("low", 20), high = rule("high", 80);
  Guidance guidance("c");
  EXPECT_EQ(text(guidance.on_matches(std::array{match(low, 1000, "customer-0")}, at(1000), at(1200))), "show low ");
  EXPECT_EQ(text(guidance.on_matches(std::array{match(high, 8000, "customer-1")}, at(8000), at(8200))), "");
  EXPECT_EQ(text(guidance.tick(at(11000))), "");
  EXPECT_EQ(text(guidance.tick(at(11300))), "replaced show high ");
}

TEST(Guidance, WhatWaitsTooLongIsLate) {
  auto const first = rule("first"), second = rule("second", 40);
  Guidance guidance("c");
  guidance.on_matches(std::array{match(first, 1000, "customer-0")}, at(1000), at(1100));
  guidance.on_matches(std::array{match(second, 2000, "customer-1")}, at(2000), at(2100));
  EXPECT_EQ(text(guidance.tick(at(8100))), "late ");
  EXPECT_EQ(guidance.counters().late, 1);
}

TEST(Guidance, CoolDownLimitsAndRepeatsAreKept) {
  auto one = rule("one");
  one.limits.cool_down_ms = 30'000;
  one.limits.per_call = 2;
  Guidance guidance("c", {.budget = false});
  EXPECT_EQ(text(guidance.on_matches(std::array{match(one, 1000, "customer-0")}, at(1000), at(1000))), "show one ");
  EXPECT_EQ(text(guidance.on_matches(std::array{match(one, 1000, "customer-0")}, at(1000), at(1000))), "");
  EXPECT_EQ(text(guidance.on_matches(std::array{match(one, 20'000, "customer-1")}, at(20'000), at(20'000))), "");
  EXPECT_EQ(text(guidance.on_matches(std::array{match(one, 40'000, "customer-2")}, at(40'000), at(40'000))),
            "show one ");
  EXPECT_EQ(text(guidance.on_matches(std::array{match(one, 90'000, "customer-3")}, at(90'000), at(90'000))), "");
  EXPECT_EQ(guidance.counters().repeated + guidance.counters().cooled_down + guidance.counters().over_limit, 3);
}

TEST(Guidance, ACueExpiresByTheClockAndIsSaidByTheAgent) {
  auto one = rule("one");
  one.measure = Measure{.agent_says_like = {"may I ask why"}};
  Guidance guidance("c");
  guidance.on_matches(std::array{match(one, 1000, "customer-0")}, at(1000), at(1000));
  EXPECT_EQ(text(guidance.on_agent_words([](auto const&) { return 0.2; }, at(2000))), "");
  EXPECT_EQ(text(guidance.on_agent_words([](auto const&) { return 0.9; }, at(3000))), "said ");
  guidance.on_matches(std::array{match(one, 90'000, "customer-1")}, at(90'000), at(90'000));
  EXPECT_EQ(text(guidance.tick(at(111'000))), "expired ");
}

TEST(Guidance, MustSayPassesTheBudgetAndClosesWhenItsItemIsTicked) {
  auto other = rule("other"), must = rule("must"), said = rule("said");
  must.cue->kind = "must_say";
  must.checklist = said.checklist = ChecklistItem{"recap", "Recap"};
  said.cue.reset();
  Guidance guidance("c");
  guidance.on_matches(std::array{match(other, 1000, "customer-0")}, at(1000), at(1000));
  EXPECT_EQ(text(guidance.on_matches(std::array{match(must, 2000, "")}, at(2000), at(2000))), "show must ");
  EXPECT_EQ(text(guidance.on_matches(std::array{match(said, 3000, "agent-0")}, at(3000), at(3000))),
            "tick recap said ");
  EXPECT_EQ(text(guidance.on_matches(std::array{match(said, 4000, "agent-1")}, at(4000), at(4000))), "")
      << "ticks once";
}

TEST(Guidance, AfterARestartNothingIsShownTwice) {
  auto const one = rule("one");
  Guidance before("c");
  auto const shown = before.on_matches(std::array{match(one, 1000, "customer-0")}, at(1000), at(1000));
  std::vector<Event> events;
  for (auto const& annotation : shown) {
    if (auto const* cue = std::get_if<Cue>(&annotation))
      events.push_back(
          {.call = "c", .number = 1, .type = event_type::cue_shown, .time = at(1000), .data = to_json(*cue)});
  }
  Guidance after("c");
  after.restore(events);
  EXPECT_EQ(text(after.on_matches(std::array{match(one, 1000, "customer-0")}, at(1000), at(2000))), "");
  EXPECT_EQ(text(after.tick(at(22'000))), "expired ") << "what was on the screen still leaves it";
}

}  // namespace
}  // namespace sotto::guidance
