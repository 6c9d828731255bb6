#include "live/audio/offset.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace sotto::audio {
namespace {

std::vector<float> tone(std::size_t count, double offset) {
  std::vector<float> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(
        static_cast<float>(offset + 0.2 * std::sin(2 * std::numbers::pi * 200 * static_cast<double>(i) / 8000)));
  return out;
}

TEST(Offset, WhatHasNoneStaysBitForBit) {
  auto const plain = tone(16000, 0.001);
  auto out = plain;
  Offset offset(8000);
  for (std::size_t at = 0; at < out.size(); at += 160) offset.remove(std::span(out).subspan(at, 160));
  EXPECT_EQ(out, plain);
}

TEST(Offset, AConstantUnderTheVoiceIsTakenAwayFromItsFirstWavesOn) {
  for (double const constant : {0.67, -0.3, 0.03}) {
    auto out = tone(16000, constant);
    auto const wanted = tone(16000, 0);
    Offset offset(8000);
    for (std::size_t at = 0; at < out.size(); at += 160) offset.remove(std::span(out).subspan(at, 160));
    for (std::size_t i = 800; i < out.size(); i += 100) EXPECT_NEAR(out[i], wanted[i], 0.02) << constant << " " << i;
  }
}

TEST(Offset, StepsAndRampsAreNoSound) {
  std::vector<float> steps;
  for (int i = 0; i < 32000; ++i)
    steps.push_back(i / 8000 % 2 == 0 ? 0.0f : 0.5f + 0.0001f * static_cast<float>(i / 160));
  auto out = steps;
  Offset offset(8000);
  for (std::size_t at = 0; at < out.size(); at += 160) offset.remove(std::span(out).subspan(at, 160));
  EXPECT_EQ(out, steps);
}

}  // namespace
}  // namespace sotto::audio
