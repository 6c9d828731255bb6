#include "live/audio/suspect_audio.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <vector>

namespace sotto::audio {
namespace {

constexpr std::int64_t kSecond = 16000;
using Wave = std::vector<float>;
using enum SuspectAudio::Verdict;

// Something like a voice: a pitch that wanders, its overtones, syllables, breath.
Wave voice(double pitch, std::int64_t samples, unsigned seed) {
  std::uint64_t state = seed;
  auto const noise = [&] {  // twelve times even is nearly normal
    double sum = -6;
    for (int i = 0; i < 12; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      sum += static_cast<double>(state >> 33) / 2147483648.0;
    }
    return sum;
  };
  Wave out(static_cast<std::size_t>(samples));
  double phase = 0, wander = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    double const t = static_cast<double>(i) / kSecond;
    wander = 0.9995 * wander + 0.02 * noise();
    phase += 2 * std::numbers::pi * pitch * (1 + 0.1 * wander) / kSecond;
    double sum = 0;
    for (int overtone = 1; overtone <= 12; ++overtone)
      sum +=
          std::sin(phase * overtone + overtone * overtone) / overtone * (1 + 0.5 * std::sin(3 * t * overtone + seed));
    double const syllable = std::max(0.0, std::sin(2 * std::numbers::pi * (3.1 + 0.1 * seed) * t));
    out[i] = static_cast<float>(0.12 * syllable * (sum + 0.1 * noise()));
  }
  return out;
}

Wave scaled(Wave wave, double by, std::size_t delay = 0) {
  for (auto& sample : wave) sample = static_cast<float>(sample * by);
  wave.insert(wave.begin(), delay, 0.0f);
  return wave;
}

Wave sum(Wave one, Wave const& other) {
  one.resize(std::max(one.size(), other.size()));
  for (std::size_t i = 0; i < other.size(); ++i) one[i] += other[i];
  return one;
}

Wave behind(Wave const& first, Wave const& second) {
  Wave out = first;
  out.insert(out.end(), second.begin(), second.end());
  return out;
}

SuspectAudio heard(Wave const& customer, Wave const& agent) {
  SuspectAudio suspect;
  auto const most = std::min(customer.size(), agent.size());
  for (std::size_t at = 0; at + 320 <= most; at += 320) {
    auto const from = static_cast<std::int64_t>(at);
    suspect.on_frame(Track::customer, from, std::span(customer).subspan(at, 320));
    suspect.on_frame(Track::agent, from, std::span(agent).subspan(at, 320));
  }
  return suspect;
}

TEST(SuspectAudio, AQuietCopyOfTheOtherPartyIsNobodysTurn) {
  auto const said = voice(190, 3 * kSecond, 1);
  for (double const decibels : {-12.0, -20.0, -30.0}) {
    for (std::size_t const delay : {0u, 40u, 320u}) {
      auto const copy = sum(scaled(said, std::pow(10, decibels / 20), delay), scaled(voice(90, 3 * kSecond, 9), 1e-4));
      auto const suspect = heard(said, copy);
      EXPECT_EQ(suspect.judge(Track::agent, 0, 3 * kSecond), SuspectAudio::Verdict::copy)
          << decibels << " dB, " << delay << " samples later";
      EXPECT_EQ(suspect.judge(Track::customer, 0, 3 * kSecond), good) << decibels;
    }
  }
}

TEST(SuspectAudio, BothChannelsWithTheSameAreHeardOnce) {
  auto const said = voice(120, 3 * kSecond, 2);
  auto const suspect = heard(said, said);
  EXPECT_EQ(suspect.judge(Track::customer, 0, 3 * kSecond), good);
  EXPECT_EQ(suspect.judge(Track::agent, 0, 3 * kSecond), copy);
}

TEST(SuspectAudio, TwoPeopleWhoTalkAtOnceAreBothHeard) {
  for (double const pitch : {95.0, 120.0, 125.0, 185.0, 240.0}) {
    for (double const level : {1.0, 0.5, 0.2}) {
      auto const suspect = heard(voice(120, 4 * kSecond, 3), scaled(voice(pitch, 4 * kSecond, 4), level));
      EXPECT_EQ(suspect.judge(Track::customer, 0, 4 * kSecond), good) << pitch << " " << level;
      EXPECT_EQ(suspect.judge(Track::agent, 0, 4 * kSecond), good) << pitch << " " << level;
    }
  }
}

TEST(SuspectAudio, WhatNobodyHearsIsNoLikeness) {
  Wave up, down;  // slopes of a line's offset, far below what two steps of mu-law can carry
  for (std::int64_t i = 0; i < 4 * kSecond; ++i) {
    up.push_back(0.25f + static_cast<float>(i / 320) * 1.2e-4f);
    down.push_back(-up.back());
  }
  auto const suspect = heard(up, down);
  EXPECT_NE(suspect.judge(Track::agent, 0, 4 * kSecond), copy);
  EXPECT_NE(suspect.judge(Track::customer, 0, 4 * kSecond), copy);
}

TEST(SuspectAudio, OnesOwnWordsBesideTheCopyAreHeard) {
  auto const customer = voice(200, 3 * kSecond, 5), agent = voice(110, 3 * kSecond, 6);
  Wave const nothing(static_cast<std::size_t>(3 * kSecond), 0.0f);
  auto const suspect = heard(behind(customer, nothing), behind(scaled(customer, 0.1), agent));
  EXPECT_EQ(suspect.judge(Track::agent, 0, 3 * kSecond), copy);
  EXPECT_EQ(suspect.judge(Track::agent, 3 * kSecond, 6 * kSecond), good);
  EXPECT_EQ(suspect.judge(Track::agent, 0, 6 * kSecond), good) << "the agent's words are in it";
}

TEST(SuspectAudio, AKnownCopyIsSilencedAsItComes) {
  auto const said = voice(190, 4 * kSecond, 7);
  auto const copy = scaled(said, 0.1);
  SuspectAudio suspect;
  int silenced = 0;
  for (std::size_t at = 0; at + 320 <= said.size(); at += 320) {
    suspect.on_frame(Track::customer, static_cast<std::int64_t>(at), std::span(said).subspan(at, 320));
    bool const silence =
        suspect.on_frame(Track::agent, static_cast<std::int64_t>(at), std::span(copy).subspan(at, 320));
    if (at >= static_cast<std::size_t>(2 * kSecond)) silenced += silence ? 1 : 0;
  }
  EXPECT_GT(silenced, 60) << "of 100 frames";
}

TEST(SuspectAudio, ACopyThatComesLaterIsFoundUpTo400Ms) {
  auto const said = voice(190, 8 * kSecond, 1);
  for (int const ms : {50, 100, 250, 380}) {
    auto const delay = static_cast<std::size_t>(ms * 16);
    auto const quiet = sum(scaled(said, 0.25, delay), scaled(voice(90, 8 * kSecond, 9), 1e-4));
    EXPECT_EQ(heard(said, quiet).judge(Track::agent, 0, 8 * kSecond), SuspectAudio::Verdict::copy) << ms;
    EXPECT_EQ(heard(said, quiet).judge(Track::customer, 0, 8 * kSecond), good) << ms;
    // As loud as the other: what comes later is the copy, on whichever track.
    EXPECT_EQ(heard(scaled(said, 1, delay), said).judge(Track::customer, 0, 8 * kSecond), SuspectAudio::Verdict::copy)
        << ms;
    EXPECT_EQ(heard(scaled(said, 1, delay), said).judge(Track::agent, 0, 8 * kSecond), good) << ms;
  }
}

TEST(SuspectAudio, TheSearchForCopiesStaysCheapOnTheCallsLoop) {
  auto const millions = [](Wave const& customer, Wave const& agent) {
    return static_cast<double>(heard(customer, agent).cost()) / 1e6 * kSecond / static_cast<double>(customer.size());
  };
  auto const said = voice(190, 10 * kSecond, 1);
  auto const apart = millions(said, voice(110, 10 * kSecond, 2));  // both talk all the time, and nothing is found
  auto const known = millions(said, scaled(said, 0.25, 4000));
  std::printf("multiplications a second of a call: %.1f M while nothing is found, %.1f M on a known path\n", apart,
              known);
  EXPECT_LT(apart, 5.0);
  EXPECT_LT(known, 2.0);
}

TEST(SuspectAudio, ALineDrivenFarBeyondItsRangeCarriesNoWords) {
  auto const clipped = [](Wave wave, double gain) {
    for (auto& sample : wave) sample = static_cast<float>(std::clamp(sample * gain, -1.0, 1.0));
    return wave;
  };
  Wave const nothing(static_cast<std::size_t>(3 * kSecond), 0.0f);
  auto const said = voice(150, 3 * kSecond, 8);
  EXPECT_EQ(heard(clipped(said, 60), nothing).judge(Track::customer, 0, 3 * kSecond), distorted);
  EXPECT_EQ(heard(clipped(said, 1), nothing).judge(Track::customer, 0, 3 * kSecond), good);
  EXPECT_EQ(heard(clipped(said, 3), nothing).judge(Track::customer, 0, 3 * kSecond), good);
  // And made quieter behind the place where it was clipped.
  EXPECT_EQ(heard(scaled(clipped(said, 60), 0.2), nothing).judge(Track::customer, 0, 3 * kSecond), distorted);
}

}  // namespace
}  // namespace sotto::audio
