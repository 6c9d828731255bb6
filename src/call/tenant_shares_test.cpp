#include "call/tenant_shares.h"

#include <gtest/gtest.h>

namespace sotto {

TEST(TenantShares, EveryTenantHasAPartAndSomeAnother) {
  ByteBudget all(1000);
  TenantShares const shares(75, {{"small", 10}, {"tiny", 1}}, all);
  EXPECT_EQ(shares.of("acme", 512), 384u);
  EXPECT_EQ(shares.of("small", 512), 51u);
  EXPECT_EQ(shares.of("tiny", 8), 1u) << "never nothing";
}

TEST(TenantShares, WhatOneTenantsCallsHoldLeavesTheRestToOthers) {
  ByteBudget all(1000);
  TenantShares shares(75, {}, all);
  auto const first = shares.waiting("acme"), second = shares.waiting("acme"), other = shares.waiting("bank");
  EXPECT_EQ(first, second);
  EXPECT_TRUE(first->take(700));
  EXPECT_FALSE(second->take(100)) << "of the tenant, not of the call";
  EXPECT_TRUE(other->take(300));
  EXPECT_FALSE(other->take(1)) << "all of it is taken";
}

TEST(TenantShares, WhatIsHeldIsGivenBackWithTheLastCall) {
  ByteBudget all(1000);
  TenantShares shares(75, {}, all);
  {
    auto const held = shares.waiting("acme");
    ASSERT_TRUE(held->take(700));
  }
  EXPECT_EQ(all.used(), 0u);
  EXPECT_TRUE(shares.waiting("acme")->take(750));
}

}  // namespace sotto
