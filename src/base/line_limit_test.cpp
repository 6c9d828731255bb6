#include "base/line_limit.h"

#include <gtest/gtest.h>

namespace sotto {

TEST(LineLimit, OneLineAMinuteWithWhatWasNotSaid) {
  using namespace std::chrono_literals;
  LineLimit limit;
  LineLimit::Instant const start{};
  EXPECT_EQ(limit.note("unauthorized", start), 1u);
  for (int i = 0; i < 27'000; ++i) EXPECT_FALSE(limit.note("unauthorized", start + std::chrono::milliseconds(i)));
  EXPECT_EQ(limit.note("bad_host", start + 1s), 1u);
  EXPECT_EQ(limit.note("unauthorized", start + 61s), 27'001u);
}

}  // namespace sotto
