#include "call/tenant_shares.h"

#include <gtest/gtest.h>

namespace sotto {

TEST(TenantShares, EveryTenantHasAPartAndSomeAnother) {
  ByteBudget all(1000);
  TenantShares const shares({.percent = 75}, {{"small", {.percent = 10, .stored_mib = 3}}, {"tiny", {.percent = 1}}},
                            all);
  EXPECT_EQ(shares.of("small").stored_mib, 3);
  EXPECT_EQ(shares.of("acme").stored_mib, 0);
  EXPECT_EQ(shares.of("acme", 512), 384u);
  EXPECT_EQ(shares.of("small", 512), 51u);
  EXPECT_EQ(shares.of("tiny", 8), 1u) << "never nothing";
}

TEST(TenantShares, WhatOneTenantsCallsHoldLeavesTheRestToOthers) {
  ByteBudget all(1000);
  TenantShares shares({.percent = 75}, {}, all);
  auto const first = shares.waiting("acme"), second = shares.waiting("acme"), other = shares.waiting("bank");
  EXPECT_EQ(first, second);
  EXPECT_TRUE(first->take(700));
  EXPECT_FALSE(second->take(100)) << "of the tenant, not of the call";
  EXPECT_TRUE(other->take(300));
  EXPECT_FALSE(other->take(1)) << "all of it is taken";
}

TEST(TenantShares, WhatIsHeldIsGivenBackWithTheLastCall) {
  ByteBudget all(1000);
  TenantShares shares({.percent = 75}, {}, all);
  {
    auto const held = shares.waiting("acme");
    ASSERT_TRUE(held->take(700));
  }
  EXPECT_EQ(all.used(), 0u);
  EXPECT_TRUE(shares.waiting("acme")->take(750));
}

}  // namespace sotto
