#include "live/audio/source_numbers.h"

#include <gtest/gtest.h>

namespace sotto::audio {
namespace {

AudioPacket packet(std::int64_t first, Track track = Track::customer) {
  return {.track = track, .first_sample = first, .bytes = std::vector<std::uint8_t>(160, 0x40), .arrived = {}};
}

struct SourceNumbersTest : testing::Test {
  SourceNumbers numbers{{Coding::mulaw, 8000}};
  SourceNumbers::Known const known{.received = 280'000, .committed = 270'000};

  // Packets in a row from `first` on that were taken for what was heard already.
  int behind(std::int64_t first, int count) {
    int out = 0;
    for (int i = 0; i < count; ++i) out += numbers.is_behind(packet(first + i * 160), known) ? 1 : 0;
    return out;
  }
};

TEST_F(SourceNumbersTest, WhatComesInARowFromFarBehindHasNewNumbers) {
  EXPECT_EQ(behind(0, 19), 19);
  EXPECT_FALSE(numbers.began_again());
  EXPECT_EQ(behind(19 * 160, 1), 1);
  ASSERT_TRUE(numbers.began_again());
  auto const kept = numbers.move_to(280'160);
  ASSERT_EQ(kept.size(), 20u);
  EXPECT_EQ(kept.front().first_sample, 280'160);
  EXPECT_EQ(kept.back().first_sample, 280'160 + 19 * 160);
  EXPECT_EQ(numbers.to_call(3200), 283'360);
  EXPECT_EQ(numbers.to_source(283'360), 3200);
  EXPECT_EQ(numbers.to_source(100), 0);
}

TEST_F(SourceNumbersTest, APacketSentTwiceIsADouble) {
  EXPECT_EQ(behind(279'000, 3), 0) << "late, within two seconds";
  for (int i = 0; i < 40; ++i) numbers.is_behind(packet(16'000), known);
  EXPECT_FALSE(numbers.began_again()) << "the same again and again is not in a row";
}

TEST_F(SourceNumbersTest, AfterAResumeTheSourceMaySendAgain) {
  numbers.on_resumed();
  EXPECT_EQ(behind(200'000, 40), 0) << "from some seconds before what was committed";
  EXPECT_EQ(behind(0, 20), 20) << "but not from half a minute before";
  EXPECT_TRUE(numbers.began_again());
}

}  // namespace
}  // namespace sotto::audio
