#include "base/byte_budget.h"

#include <gtest/gtest.h>

namespace sotto {

TEST(ByteBudget, WhatDoesNotFitAboveIsNotTakenBelow) {
  ByteBudget process(100);
  ByteBudget one(80, &process), other(80, &process);
  EXPECT_TRUE(one.take(70));
  EXPECT_FALSE(one.take(20));
  EXPECT_FALSE(other.take(40));
  EXPECT_EQ(other.used(), 0u);
  EXPECT_TRUE(other.take(30));
  one.give(70);
  EXPECT_EQ(process.used(), 30u);
}

TEST(ByteBudget, WhoGoesGivesEverythingBack) {
  ByteBudget process(100);
  {
    ByteBudget connection(100, &process);
    EXPECT_TRUE(connection.take(60));
  }
  EXPECT_EQ(process.used(), 0u);
}

}  // namespace sotto
