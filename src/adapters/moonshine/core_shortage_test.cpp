#include "adapters/moonshine/core_shortage.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

constexpr Time at(int seconds) { return Time(Duration(seconds * 1'000'000LL)); }

void wait_often(CoreShortage& cores, Duration late, Time now, int times = 40) {
  for (int i = 0; i < times && !cores.is_short(now); ++i) cores.late_by(late, now);
}

TEST(CoreShortage, OneLateFinalIsNone) {
  CoreShortage cores;
  cores.late_by(1500ms, at(10));
  EXPECT_FALSE(cores.is_short(at(10)));
  wait_often(cores, -100ms, at(11));
  wait_often(cores, 200ms, at(12));
  EXPECT_FALSE(cores.is_short(at(12)));
}

TEST(CoreShortage, ManyAreAndItRests) {
  CoreShortage cores;
  wait_often(cores, 400ms, at(10));
  EXPECT_TRUE(cores.is_short(at(10)));
  EXPECT_TRUE(cores.is_short(at(39)));
  EXPECT_FALSE(cores.is_short(at(41)));
}

TEST(CoreShortage, AgainSoonAfterwardsTheRestDoublesAndLaterItDoesNot) {
  CoreShortage cores;
  wait_often(cores, 400ms, at(0));
  wait_often(cores, 400ms, at(31));
  EXPECT_TRUE(cores.is_short(at(90)));
  EXPECT_FALSE(cores.is_short(at(92)));
  wait_often(cores, 400ms, at(600));
  EXPECT_TRUE(cores.is_short(at(629)));
  EXPECT_FALSE(cores.is_short(at(631)));
}

TEST(CoreShortage, WhatTheSmallerModelDoesIsNotCounted) {
  CoreShortage cores;
  wait_often(cores, 400ms, at(0));
  for (int i = 0; i < 100; ++i) cores.late_by(2s, at(10));
  EXPECT_FALSE(cores.is_short(at(31)));
}

}  // namespace
}  // namespace sotto
