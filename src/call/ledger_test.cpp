#include "call/ledger.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sotto {

TEST(Ledger, StartsEmptyAndGrowsPending) {
  Ledger ledger;
  EXPECT_EQ(ledger.decided(), 0);
  ledger.receive(800);
  EXPECT_EQ(ledger.received(), 800);
  EXPECT_EQ(ledger.decided(), 0);
  ASSERT_EQ(ledger.rows().size(), 1u);
  EXPECT_EQ(ledger.rows()[0].coverage, Coverage::pending);
}

TEST(Ledger, DecidedPrefixRunsOnThroughWhatWasDecidedAhead) {
  Ledger ledger;
  ledger.receive(1000);
  ledger.mark({.from = 400, .to = 600, .coverage = Coverage::gap, .reason = "not_received"});
  EXPECT_EQ(ledger.decided(), 0);
  ledger.mark({.from = 0, .to = 400, .coverage = Coverage::silence});
  EXPECT_EQ(ledger.decided(), 600);
}

TEST(Ledger, WhatIsDecidedStays) {
  Ledger ledger;
  ledger.receive(1000);
  ledger.mark({.from = 0, .to = 500, .coverage = Coverage::final, .utterance = 0});
  auto const pieces = ledger.mark({.from = 300, .to = 800, .coverage = Coverage::final, .utterance = 1});
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].from, 500);
  EXPECT_EQ(ledger.decided(), 800);
}

TEST(Ledger, MarkingAcrossDecidedAudioFillsOnlyTheHoles) {
  Ledger ledger;
  ledger.receive(100);
  ledger.mark({.from = 20, .to = 30, .coverage = Coverage::pause});
  ledger.mark({.from = 60, .to = 70, .coverage = Coverage::pause});
  auto const pieces = ledger.mark({.from = 0, .to = 100, .coverage = Coverage::silence});
  EXPECT_EQ(pieces.size(), 3u);
  EXPECT_EQ(ledger.rows().size(), 5u);
  EXPECT_EQ(ledger.decided(), 100);
}

TEST(Ledger, HeardNeverCountsPausesAndNeverRoundsUpAGap) {
  Ledger ledger;
  ledger.receive(1000);
  ledger.mark({.from = 0, .to = 500, .coverage = Coverage::pause});
  ledger.mark({.from = 500, .to = 999, .coverage = Coverage::silence});
  ledger.mark({.from = 999, .to = 1000, .coverage = Coverage::gap, .reason = "not_received"});
  auto const sum = totals(ledger.rows());
  EXPECT_LT(sum.heard(), 1.0);
  EXPECT_EQ(sum.gaps, 1);
}

RC_GTEST_PROP(LedgerProperty, RowsCoverEverythingReceivedExactlyOnceAndNothingDecidedEverChanges, ()) {
  Ledger ledger;
  std::vector<int> owner;  // per sample: the mark that decided it
  int const marks = *rc::gen::inRange(0, 40);
  for (int i = 0; i < marks; ++i) {
    auto const received = *rc::gen::inRange<std::int64_t>(0, 300);
    ledger.receive(received);
    owner.resize(std::max<std::size_t>(owner.size(), received), -1);
    auto const limit = static_cast<std::int64_t>(owner.size());
    auto const from = *rc::gen::inRange<std::int64_t>(0, limit + 1);
    auto const to = *rc::gen::inRange<std::int64_t>(from, limit + 1);
    ledger.mark({.from = from, .to = to, .coverage = Coverage::final, .utterance = i});
    for (auto at = from; at < to; ++at) {
      if (owner[at] < 0) owner[at] = i;
    }
  }
  std::int64_t at = 0;
  for (auto const& row : ledger.rows()) {
    RC_ASSERT(row.from == at);
    for (; at < row.to; ++at) RC_ASSERT(owner[at] == row.utterance);
  }
  RC_ASSERT(at == ledger.received());
  auto const first_pending = std::ranges::find(owner, -1) - owner.begin();
  RC_ASSERT(ledger.decided() == first_pending);
  RC_ASSERT(ledger.is_decided(0, ledger.decided()));
}

}  // namespace sotto
