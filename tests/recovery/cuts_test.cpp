// No fault of a network or a provider loses or doubles a word.
#include <gtest/gtest.h>

#include "recovery/scenario.h"

namespace sotto::recovery {
namespace {

struct Case {
  char const* name;
  Scenario scenario;
  int calls = 5;
};

void PrintTo(Case const& of, std::ostream* out) { *out << of.name; }

void expect_whole(Outcome const& outcome) { EXPECT_TRUE(outcome.verdict.whole()) << to_text(outcome.verdict); }

class Cuts : public testing::TestWithParam<Case> {};

TEST_P(Cuts, LoseAndDoubleNoWord) {
  int struck = 0;
  for (int call = 0; call < GetParam().calls; ++call) {
    auto const outcome = run(GetParam().scenario, 1000 + static_cast<std::uint64_t>(call));
    ASSERT_TRUE(outcome.verdict.whole()) << "seed " << 1000 + call << ": " << to_text(outcome.verdict);
    struck += outcome.struck;
  }
  EXPECT_GE(struck, GetParam().calls * GetParam().scenario.strikes * 3 / 4);
}

Scenario of(Fault fault) { return {.faults = {fault}, .strikes = 40}; }

INSTANTIATE_TEST_SUITE_P(
    Faults, Cuts,
    testing::Values(Case{"Reset", of(Fault::reset)}, Case{"BlackHole", of(Fault::black_hole)},
                    Case{"HalfOpen", of(Fault::half_open)}, Case{"Stall", of(Fault::stall)},
                    Case{"Mute", of(Fault::mute)}, Case{"GarbageText", of(Fault::garbage_text)},
                    Case{"GarbageBinary", of(Fault::garbage_binary)}, Case{"Slow", of(Fault::slow)},
                    Case{"Restart", of(Fault::restart)},
                    Case{"Ragged", {.faults = {Fault::reset}, .strikes = 40, .ragged = true}},
                    Case{"Coarse", {.faults = {Fault::reset}, .strikes = 40, .coarse_times = true}},
                    Case{"Storm", {.faults = {Fault::reset}, .strikes = 100, .storm = true}},
                    Case{"Pauses", {.faults = {Fault::reset, Fault::restart}, .strikes = 40, .pauses = true}}),
    [](auto const& info) { return std::string(info.param.name); });

TEST(CutsProperty, AnyMixLosesAndDoublesNoWord) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    auto const outcome = run(any_scenario(seed), seed);
    ASSERT_TRUE(outcome.verdict.whole()) << "seed " << seed << ": " << to_text(outcome.verdict);
  }
}

TEST(CutsAlone, WithoutAFaultEveryFrameIsAWordOnce) {
  for (bool const ragged : {false, true}) {
    auto const outcome = run({.faults = {Fault::reset}, .strikes = 0, .ragged = ragged}, 1);
    expect_whole(outcome);
  }
}

TEST(CutsAlone, WhatTheProviderSkipsIsAGapAndNothingElse) {
  auto const outcome = run({.faults = {Fault::skip}, .strikes = 40}, 5);
  EXPECT_GE(outcome.struck, 30);
  EXPECT_EQ(outcome.verdict.missing_ms, 0) << to_text(outcome.verdict);
  EXPECT_EQ(outcome.verdict.doubled_ms, 0) << to_text(outcome.verdict);
  EXPECT_TRUE(outcome.verdict.complaints.empty()) << to_text(outcome.verdict);
  EXPECT_GT(outcome.verdict.gap_ms, 0);
  EXPECT_LE(outcome.verdict.gap_ms, outcome.struck * 7000);
}

}  // namespace
}  // namespace sotto::recovery
