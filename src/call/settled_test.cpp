#include "call/settled.h"

#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sotto {

TEST(Settled, RangesThatMeetBecomeOne) {
  Settled settled;
  settled.add(1, 3);
  EXPECT_EQ(settled.upto(), 3);
  settled.add(6, 6);
  settled.add(8, 9);
  EXPECT_EQ(settled.ahead(), "6-6,8-9");
  settled.add(7, 7);
  EXPECT_EQ(settled.ahead(), "6-9");
  EXPECT_FALSE(settled.contains(4));
  EXPECT_TRUE(settled.contains(7));
  settled.add(4, 5);
  EXPECT_EQ(settled.upto(), 9);
  EXPECT_EQ(settled.ahead(), "");
}

TEST(Settled, WhatCannotBeReadWaitsAgain) {
  EXPECT_EQ(Settled::read(5, "8-9,x").ahead(), "8-9");
  EXPECT_EQ(Settled::read(5, "9-8,11-12").ahead(), "11-12");
  EXPECT_EQ(Settled::read(5, "8,9-10").ahead(), "");
  EXPECT_EQ(Settled::read(5, "99999999999999999999-1").ahead(), "");
  EXPECT_EQ(Settled::read(5, "1-6").upto(), 6);
  EXPECT_EQ(Settled::read(-1, ""), Settled());
}

RC_GTEST_PROP(Settled, HoldsWhatASetOfPlacesHolds, (std::vector<std::pair<std::uint8_t, std::uint8_t>> added)) {
  Settled settled;
  std::set<int> places;
  for (auto const& [first, length] : added) {
    settled.add(first, first + length % 8);
    for (int place = first; place <= first + length % 8; ++place) places.insert(place);
  }
  for (int place = 1; place < 300; ++place) RC_ASSERT(settled.contains(place) == places.contains(place));
  RC_ASSERT(Settled::read(settled.upto(), settled.ahead()) == settled);
  Settled twice = settled;
  twice.add(settled);
  RC_ASSERT(twice == settled);
}

}  // namespace sotto
