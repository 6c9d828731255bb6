#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace sotto {

TEST(Rfc3339, WhatIsWrittenIsRead) {
  for (auto const us : {0LL, 1'767'225'599'999'000LL, 951'782'400'000'000LL}) {
    Time const time{Duration(us)};
    EXPECT_EQ(parse_rfc3339(to_rfc3339(time)), time) << to_rfc3339(time);
  }
  auto const noon = parse_rfc3339("2026-01-31T12:00:00Z");
  for (auto const* same : {"2026-01-31t12:00:00z", "2026-01-31 12:00:00Z", "2026-01-31T13:30:00+01:30",
                           "2026-01-31T07:00:00-05:00", "2026-01-31T12:00:00.000000000Z"})
    EXPECT_EQ(parse_rfc3339(same), noon) << same;
  EXPECT_EQ(*parse_rfc3339("2026-01-31T12:00:00.25Z") - *noon, 250ms);
  EXPECT_EQ(to_rfc3339(*parse_rfc3339("2026-01-31")), "2026-01-31T00:00:00.000Z") << "a day is its first moment, UTC";
}

TEST(Rfc3339, WhatIsNoTimeIsRefused) {
  for (auto const* text : {"",
                           "now",
                           "2026",
                           "2026-1-31",
                           "2026-02-30",
                           "2026-13-01",
                           "2026-00-10",
                           "2026-01-31T",
                           "2026-01-31T12:00Z",
                           "2026-01-31T12:00:00",
                           "2026-01-31T24:00:00Z",
                           "2026-01-31T12:60:00Z",
                           "2026-01-31T12:00:61Z",
                           "2026-01-31T12:00:00.Z",
                           "2026-01-31T12:00:00+1",
                           "2026-01-31T12:00:00+25:00",
                           "2026-01-31T12:00:00Zx",
                           "2026-01-31T12:00:00 +01:00",
                           "-026-01-31",
                           "2026-01-3x"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace sotto
