#include "cli/arguments.h"

#include <gtest/gtest.h>

namespace sotto::app {

TEST(Arguments, SecondsArePlainNumbers) {
  EXPECT_EQ(parse_seconds("0"), 0);
  EXPECT_EQ(parse_seconds("58.5"), 58'500);
  EXPECT_EQ(parse_seconds(".25"), 250);
  for (auto const* text : {"", ".", "-1", "+1", "inf", "nan", "0x10", "1e300", "1e3", "1.2.3", "2s", " 2", "1000001"})
    EXPECT_FALSE(parse_seconds(text)) << text;
}

TEST(Arguments, ATimeMayHaveMinutes) {
  EXPECT_EQ(parse_at("1:23.5"), 83'500);
  EXPECT_EQ(parse_at("83.5"), 83'500);
  EXPECT_EQ(parse_at("0:00"), 0);
  for (auto const* text : {"1:75", ":5", "1:", "-1:05", "1:-5", "1:inf", "12345:00", "1:2:3", "a:10"})
    EXPECT_FALSE(parse_at(text)) << text;
}

}  // namespace sotto::app
