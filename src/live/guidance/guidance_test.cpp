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
    else if (auto const* tick = std::get_if<Tick>(&one))
      out += (tick->by_hand() ? "hand " : "tick ") + tick->item + " ";
    else if (auto const* back = std::get_if<Untick>(&one); back && back->by_hand()) out += "back " + back->item + " ";
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

TEST(Guidance, OfTheSameWordsAndPriorityTheSurestIsShownWhateverTheOrderOfRules) {
  auto const first = rule("first", 50), better = rule("better", 50);
  for (double const score : {.7, .95}) {
    Guidance guidance("c");
    std::array matches{match(first, 1000, "customer-0"), match(better, 1000, "customer-0")};
    matches[0].because.score = .8;
    matches[1].because.score = score;
    EXPECT_EQ(text(guidance.on_matches(matches, at(1000), at(1200))), score > .8 ? "show better " : "show first ");
  }
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

// A duty `must` that waits for the item recap, and the rule `said` whose words tick it.
struct Duty {
  Rule must = rule("must"), said = rule("said");
  Duty() {
    must.cue->kind = "must_say";
    must.checklist = said.checklist = ChecklistItem{"recap", "Recap"};
    must.limits = said.limits = {.cool_down_ms = 0, .per_call = 9};
    said.cue.reset();
  }
  std::vector<Match> falls_due(std::int64_t ms) const { return {match(must, ms, "customer-" + std::to_string(ms))}; }
  std::vector<Match> is_said(std::int64_t ms, std::string utterance) const {
    auto one = match(said, ms, std::move(utterance));
    one.because.start_ms = ms - 500;
    one.because.end_ms = ms;
    return {one};
  }
};

TEST(Guidance, ByHandADutyIsSettledAndTakenBackItIsDueAgain) {
  Duty const duty;
  Guidance guidance("c");
  EXPECT_EQ(text(guidance.on_matches(duty.falls_due(1000), at(1000), at(1000))), "show must ");
  EXPECT_EQ(text(guidance.tick_by_hand({"recap", "Recap"}, "said it")), "hand recap said ");
  EXPECT_EQ(text(guidance.tick_by_hand({"recap", "Recap"}, "said it")), "") << "it is there";
  EXPECT_EQ(text(guidance.on_matches(duty.falls_due(2000), at(2000), at(2000))), "") << "settled for later too";
  EXPECT_EQ(text(guidance.on_matches(duty.is_said(3000, "agent-0"), at(3000), at(3000))), "");
  EXPECT_EQ(text(guidance.untick_by_hand("recap", "was the other call", at(4000))), "back recap show must show must ");
  EXPECT_EQ(text(guidance.untick_by_hand("recap", "was the other call", at(4000))), "") << "nothing to take back";
  EXPECT_EQ(text(guidance.on_matches(duty.is_said(5000, "agent-1"), at(5000), at(5000))), "tick recap said said ");
}

TEST(Guidance, WordsThatTheAgentRefutedTickNoMore) {
  Duty const duty;
  Guidance guidance("c");
  EXPECT_EQ(text(guidance.on_matches(duty.falls_due(1000), at(1000), at(1000))), "show must ");
  EXPECT_EQ(text(guidance.on_matches(duty.is_said(3000, "agent-0"), at(3000), at(3000))), "tick recap said ");
  EXPECT_EQ(text(guidance.untick_by_hand("recap", "not that", at(4000))), "back recap show must ");
  auto again = duty.is_said(3000, "agent-1");  // the same words, found in two finals together
  EXPECT_EQ(text(guidance.on_matches(again, at(4500), at(4500))), "");
  EXPECT_EQ(text(guidance.on_corrected("agent-0", duty.is_said(3000, "agent-0"), at(4600), at(4600))), "");
  EXPECT_EQ(text(guidance.on_matches(duty.is_said(6000, "agent-2"), at(6000), at(6000))), "tick recap said ");
}

std::vector<Event> events_of(std::vector<Annotation> const& annotations) {
  std::vector<Event> out;
  for (auto const& one : annotations) {
    auto body = std::visit([](auto const& each) { return EventBody(each); }, one);
    out.push_back({.call = "c", .number = 1, .time = at(1000), .body = std::move(body)});
  }
  return out;
}

TEST(Guidance, AfterARestartWhatWasSettledByHandStandsAndCanBeTakenBack) {
  Duty const duty;
  PolicySet const policies{.version = "v1", .rules = {duty.must, duty.said}, .meanings = nullptr};
  Guidance before("c");
  auto events = events_of(before.on_matches(duty.falls_due(1000), at(1000), at(1000)));
  {
    Guidance waiting("c");
    waiting.restore(events, policies);
    EXPECT_EQ(text(waiting.on_matches(duty.is_said(3000, "agent-0"), at(3000), at(3000))), "tick recap said ")
        << "a duty that was on the screen waits for its item still";
  }
  std::ranges::move(events_of(before.tick_by_hand({"recap", "Recap"}, "said it")), std::back_inserter(events));
  Guidance after("c");
  after.restore(events, policies);
  EXPECT_EQ(text(after.on_matches(duty.falls_due(2000), at(2000), at(2000))), "") << "settled";
  auto const back = after.untick_by_hand("recap", "not yet", at(4000));
  EXPECT_EQ(text(back), "back recap show must show must ");
  std::ranges::move(events_of(back), std::back_inserter(events));
  Guidance later("c");
  later.restore(events, policies);
  EXPECT_EQ(text(later.tick_by_hand({"recap", "Recap"}, "now")), "hand recap said said ");
}

TEST(Guidance, AWebhookIsRequestedOnceAFiringWithWhatTheRuleSays) {
  auto one = rule("one");
  one.cue.reset();
  one.webhooks = {"crm", "pager"};
  one.tags = {"dispute"};
  one.alert = Alert{.severity = "urgent", .message = "Look"};
  Guidance guidance("c"), other_call("d");
  auto const requests = [&](Guidance& of, std::int64_t ms, std::string const& utterance) {
    std::vector<WebhookRequested> out;
    for (auto const& each : of.on_matches(std::array{match(one, ms, utterance)}, at(ms), at(ms))) {
      if (auto const* request = std::get_if<WebhookRequested>(&each)) out.push_back(*request);
    }
    return out;
  };
  auto const first = requests(guidance, 1000, "customer-0");
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].webhook, "crm");
  EXPECT_EQ(first[0].cue, cue_id("v1", "customer-0", "one"));
  EXPECT_EQ(first[0].id, cue_id("c", first[0].cue, "crm"));
  EXPECT_NE(first[0].id, first[1].id);
  EXPECT_EQ(first[0].tags, one.tags);
  EXPECT_EQ(first[0].alert.value().message, "Look");
  EXPECT_TRUE(requests(guidance, 1000, "customer-0").empty()) << "the same words";
  EXPECT_TRUE(requests(guidance, 2000, "customer-1").empty()) << "cool-down";
  EXPECT_NE(requests(other_call, 1000, "customer-0")[0].id, first[0].id) << "ids of calls differ";

  Guidance after("c");
  std::vector<Event> events;
  for (auto const& request : first) events.push_back({.call = "c", .number = 1, .body = request});
  after.restore(events);
  EXPECT_TRUE(requests(after, 1000, "customer-0").empty()) << "after a restart";
}

TEST(Guidance, ElapsedTimeComesOnceACallAfterARestartToo) {
  auto const one = rule("one");
  Guidance guidance("c", {.budget = false});
  auto elapsed = match(one, 1000, "");
  elapsed.because.trigger = "elapsed";
  EXPECT_EQ(text(guidance.on_matches(std::array{elapsed}, at(1000), at(1000))), "show one ");
  elapsed.call_ms = 120'000;  // a new process sees that the time is over
  EXPECT_EQ(text(guidance.on_matches(std::array{elapsed}, at(120'000), at(120'000))), "");
}

TEST(Guidance, AfterARestartACueAndItsAlertAreOneFiring) {
  auto one = rule("one");
  one.alert = Alert{.message = "Look"};
  one.limits = {.cool_down_ms = 0, .per_call = 2};
  Guidance before("c", {.budget = false});
  auto events = events_of(before.on_matches(std::array{match(one, 1000, "customer-0")}, at(1000), at(1000)));
  std::erase_if(events, [](Event const& event) { return event.is<Moment>(); });
  ASSERT_EQ(events.size(), 2u);
  Guidance after("c", {.budget = false});
  after.restore(events);
  EXPECT_EQ(text(after.on_matches(std::array{match(one, 2000, "customer-1")}, at(2000), at(2000))), "show one ");
  EXPECT_EQ(text(after.on_matches(std::array{match(one, 3000, "customer-2")}, at(3000), at(3000))), "");
}

TEST(Guidance, AfterARestartNothingIsShownTwice) {
  auto const one = rule("one");
  Guidance before("c");
  auto const events = events_of(before.on_matches(std::array{match(one, 1000, "customer-0")}, at(1000), at(1000)));
  Guidance after("c");
  after.restore(events);
  EXPECT_EQ(text(after.on_matches(std::array{match(one, 1000, "customer-0")}, at(1000), at(2000))), "");
  EXPECT_EQ(text(after.tick(at(22'000))), "expired ") << "what was on the screen still leaves it";
}

}  // namespace
}  // namespace sotto::guidance
