#include "live/audio/track_audio.h"

#include <cmath>

#include <fmt/format.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/byte_budget.h"
#include "base/limits.h"
#include "live/audio/g711.h"

namespace sotto::audio {
namespace {

Time at(std::int64_t ms) { return Time(Duration(ms * 1000)); }

AudioPacket packet(std::int64_t first, std::int64_t count, std::int64_t arrived_ms = 0) {
  return {.first_sample = first, .bytes = std::vector<std::uint8_t>(count, 0xFF), .arrived = at(arrived_ms)};
}

// Every output as text: "F0-320 B160 Hgap160-320".
std::string text(std::vector<Output> const& outputs) {
  std::string out;
  std::int64_t from = -1, to = -1;
  auto const flush = [&] {
    if (from >= 0) out += fmt::format("F{}-{} ", from, to);
    from = to = -1;
  };
  for (auto const& output : outputs) {
    if (auto const* frame = std::get_if<Frame>(&output)) {
      if (to != frame->from) flush();
      if (from < 0) from = frame->from;
      to = frame->from + static_cast<std::int64_t>(frame->samples.size());
    } else if (auto const* stop = std::get_if<Break>(&output)) {
      flush();
      out += fmt::format("B{} ", stop->source_at);
    } else {
      flush();
      auto const& hole = std::get<Hole>(output);
      out += fmt::format("H{}{}-{} ", name(hole.coverage), hole.from, hole.to);
    }
  }
  flush();
  return out;
}

TEST(TrackAudio, EndsItsFramesExactlyWhereTheLastSampleLies) {
  TrackAudio audio({Coding::mulaw, 8000});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(audio.accept(packet(i * 160, 160)), Accepted::in_order);
  audio.end();
  EXPECT_EQ(text(audio.take()), "F0-3200 B1600 ");
}

TEST(TrackAudio, PutsPacketsInOrderAndDropsDoubles) {
  TrackAudio audio({Coding::pcm_s16le, 16000});
  EXPECT_EQ(audio.accept(packet(0, 640)), Accepted::in_order);
  EXPECT_EQ(audio.accept(packet(640, 640)), Accepted::held);
  EXPECT_EQ(audio.accept(packet(320, 640)), Accepted::in_order);
  EXPECT_EQ(audio.accept(packet(320, 640)), Accepted::duplicate);
  audio.end();
  EXPECT_EQ(text(audio.take()), "F0-960 B960 ");
}

TEST(TrackAudio, AMissingPacketBecomesAHoleAfterTheWindow) {
  TrackAudio audio({Coding::mulaw, 8000});
  audio.accept(packet(0, 160, 0));
  audio.accept(packet(320, 160, 40));
  audio.tick(at(430));
  EXPECT_EQ(audio.received(), 160);
  audio.tick(at(441));
  EXPECT_EQ(audio.received(), 480);
  audio.end();
  EXPECT_EQ(text(audio.take()), "F0-320 B160 Hgap160-320 F640-960 B480 ");
}

TEST(TrackAudio, APauseIsNotHeardEvenWhereTheSourceSends) {
  TrackAudio audio({Coding::mulaw, 8000});
  audio.accept(packet(0, 160));
  audio.pause(200);
  audio.accept(packet(160, 160));
  audio.accept(packet(320, 160));
  audio.resume(400);
  audio.accept(packet(480, 160));
  audio.end();
  auto const said = text(audio.take());
  EXPECT_EQ(said, "F0-400 B200 Hpause200-320 Hpause320-480 F960-1280 B640 ");
}

TEST(TrackAudio, APauseWithoutAudioRunsOnToTheSampleTheSourceNames) {
  TrackAudio audio({Coding::mulaw, 8000});
  audio.accept(packet(0, 160));
  audio.pause(160);
  audio.resume(8160);
  audio.accept(packet(8160, 160));
  audio.end();
  EXPECT_EQ(text(audio.take()), "F0-320 B160 Hpause160-8160 F16320-16640 B8320 ");
}

TEST(TrackAudio, AResumeWithoutASampleGoesOnAtTheNextPacket) {
  TrackAudio audio({Coding::mulaw, 8000});
  audio.accept(packet(0, 160));
  audio.pause(160);
  audio.accept(packet(160, 160));
  audio.resume(std::nullopt);
  EXPECT_TRUE(audio.paused());
  audio.accept(packet(800, 160));
  EXPECT_FALSE(audio.paused());
  audio.end();
  EXPECT_EQ(text(audio.take()), "F0-320 B160 Hpause160-320 Hpause320-800 F1600-1920 B960 ");
}

TEST(TrackAudio, AJumpOfHoursIsRefused) {
  TrackAudio audio({Coding::mulaw, 8000});
  EXPECT_EQ(audio.accept(packet(8000LL * 3600 * 3, 160)), Accepted::too_far);
}

TEST(TrackAudio, TheRingReplaysFromAnySample) {
  TrackAudio audio({Coding::mulaw, 8000});
  for (int i = 0; i < 100; ++i) audio.accept(packet(i * 160, 160));
  audio.take();
  audio.forget(8000);
  auto const frames = audio.replay(8000);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.front().from, 16000);
}

// A recogniser decides where it likes; its successor gets every sample from there on, each once.
TEST(TrackAudio, AReplayEndsWhereTheNextFrameBegins) {
  for (int const rate : {8000, 16000, 44100}) {
    for (std::int64_t from = 1; from < 2000; from += 61) {
      TrackAudio audio({Coding::pcm_s16le, rate});
      for (int i = 0; i < 10; ++i) audio.accept(packet(i * 441, 882));
      audio.take();
      auto at = to_frames(from, rate);
      for (auto const& frame : audio.replay(from)) {
        ASSERT_EQ(frame.from, at) << rate << " Hz from " << from;
        at += static_cast<std::int64_t>(frame.samples.size());
      }
      audio.accept(packet(4410, 882));
      auto const next = audio.take();
      ASSERT_EQ(std::get<Frame>(next.at(0)).from, at) << rate << " Hz from " << from;
    }
  }
}

TEST(TrackAudio, TheRingIsBoundedAndSaysWhatItDropped) {
  TrackAudio audio({Coding::mulaw, 8000});
  for (int second = 0; second < 185; ++second) audio.accept(packet(second * 8000, 8000));
  std::int64_t dropped = 0;
  for (auto const& output : audio.take()) {
    if (auto const* hole = std::get_if<Hole>(&output)) dropped += hole->to - hole->from;
  }
  EXPECT_EQ(dropped, 5 * 8000);
}

RC_GTEST_PROP(SampleMapProperty, IsMonotoneAndNeverLosesASample, ()) {
  int const rate = *rc::gen::element(8000, 16000, 22050, 24000, 32000, 44100, 48000);
  auto const a = *rc::gen::inRange<std::int64_t>(0, 1LL << 40);
  auto const b = *rc::gen::inRange<std::int64_t>(a, 1LL << 40);
  RC_ASSERT(to_frames(a, rate) <= to_frames(b, rate));
  RC_ASSERT(to_source(a, rate) <= to_source(b, rate));
  RC_ASSERT(to_source(to_frames(a, rate), rate) <= a);
  if (rate <= 16000) RC_ASSERT(to_source(to_frames(a, rate), rate) == a);
}

// Whatever arrives in whatever order: frames and holes together cover every source sample once, in order.
RC_GTEST_PROP(TrackAudioProperty, CoversEverySampleOnce, ()) {
  TrackAudio audio({Coding::mulaw, 8000});
  auto const order = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 60));
  int step = 0;
  for (int const i : order) {
    audio.accept(packet(i * 160, 160, step * 20));
    audio.tick(at(++step * 20));
    if (*rc::gen::inRange(0, 12) == 0) audio.pause(audio.received() + *rc::gen::inRange(0, 500));
    if (*rc::gen::inRange(0, 6) == 0) audio.resume(audio.received() + *rc::gen::inRange(0, 700));
  }
  audio.end();
  std::int64_t source_at = 0;
  for (auto const& output : audio.take()) {
    if (auto const* frame = std::get_if<Frame>(&output)) {
      RC_ASSERT(frame->from == source_at * 2);
      source_at += static_cast<std::int64_t>(frame->samples.size()) / 2;
    } else if (auto const* hole = std::get_if<Hole>(&output)) {
      RC_ASSERT(hole->from == source_at);
      source_at = hole->to;
    } else {
      RC_ASSERT(std::get<Break>(output).source_at == source_at);
    }
  }
  RC_ASSERT(source_at == audio.received());
}

TEST(G711, MulawSurvivesItsOwnRoundTripAtEveryCode) {
  for (int code = 0; code < 256; ++code) {
    std::vector<float> linear;
    std::uint8_t const byte = static_cast<std::uint8_t>(code);
    decode(Coding::mulaw, {&byte, 1}, linear);
    auto const again = encode_mulaw(static_cast<std::int16_t>(linear[0] * 32768));
    if (code != 0x7F) EXPECT_EQ(again, byte);  // 0x7F is negative zero
  }
}

TEST(G711, KnownValuesOfTheStandard) {
  std::vector<float> linear;
  std::uint8_t const mulaw[] = {0x80, 0x00, 0xFF};
  decode(Coding::mulaw, mulaw, linear);
  EXPECT_FLOAT_EQ(linear[0] * 32768, 32124);
  EXPECT_FLOAT_EQ(linear[1] * 32768, -32124);
  EXPECT_FLOAT_EQ(linear[2], 0);
  linear.clear();
  std::uint8_t const alaw[] = {0xD5, 0x55, 0xAA};
  decode(Coding::alaw, alaw, linear);
  EXPECT_FLOAT_EQ(linear[0] * 32768, 8);
  EXPECT_FLOAT_EQ(linear[1] * 32768, -8);
  EXPECT_FLOAT_EQ(linear[2] * 32768, 32256);
}

struct MemorySpool final : AudioSpool {
  std::vector<std::uint8_t> kept;
  std::optional<std::int64_t> append(std::span<std::uint8_t const> bytes) override {
    auto const at = static_cast<std::int64_t>(kept.size());
    kept.insert(kept.end(), bytes.begin(), bytes.end());
    return at;
  }
  std::optional<std::vector<std::uint8_t>> read(std::int64_t at, std::size_t size) const override {
    return std::vector<std::uint8_t>(kept.begin() + at, kept.begin() + at + static_cast<std::int64_t>(size));
  }
  void clear() override { kept.clear(); }
};

TEST(TrackAudio, WhatTheRingDoesNotKeepComesBackFromTheSpool) {
  auto owned = std::make_unique<MemorySpool>();
  auto const& spool = *owned;
  TrackAudio track({}, 0, std::move(owned));
  std::vector<float> said;
  for (std::int64_t second = 0; second < 250; ++second) {
    std::vector<std::uint8_t> bytes(8000);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(0x80 | (second * 7 + (&byte - bytes.data()) / 40) % 64);
    track.accept({.first_sample = second * 8000, .bytes = std::move(bytes), .arrived = {}});
    for (auto& output : track.take()) {
      ASSERT_FALSE(std::holds_alternative<Hole>(output));
      auto const* frame = std::get_if<Frame>(&output);
      if (frame) said.insert(said.end(), frame->samples.begin(), frame->samples.end());
    }
  }
  EXPECT_GE(spool.kept.size(), 70u * 8000);
  EXPECT_LE(track.kept(), 180 * 8000);
  std::vector<float> again;
  for (auto const& frame : track.replay(0)) again.insert(again.end(), frame.samples.begin(), frame.samples.end());
  ASSERT_EQ(again.size(), said.size());
  EXPECT_EQ(again, said);
  auto const slice = track.replay(10 * 8000, 20 * 8000);
  EXPECT_EQ(slice.front().from, 10 * 16000);
  EXPECT_NEAR(static_cast<double>(slice.back().from), 30 * 16000, 5 * 16000) << "in whole blocks";
  track.forget(60 * 8000);
  EXPECT_EQ(track.replay(60 * 8000).front().from, 60 * 16000);
  track.forget(100 * 8000);
  EXPECT_TRUE(spool.kept.empty()) << "nothing of it is needed";
}

TEST(Resampler, KeepsAToneAndItsLength) {
  for (int const rate : {8000, 22050, 44100, 48000}) {
    std::vector<float> tone(rate), out;
    for (int i = 0; i < rate; ++i) tone[i] = 0.5f * std::sin(2 * 3.14159265f * 440 * i / rate);
    Resampler resampler(rate);
    for (int i = 0; i < rate; i += rate / 50) resampler.process(std::span(tone).subspan(i, rate / 50), false, out);
    resampler.process({}, true, out);
    EXPECT_NEAR(static_cast<double>(out.size()), 16000, 48) << rate;  // TrackAudio pads the last 3 ms
    double error = 0;
    for (int i = 1000; i < 15000; ++i)
      error = std::max<double>(error, std::abs(out[i] - 0.5 * std::sin(2 * 3.14159265 * 440 * i / 16000)));
    EXPECT_LT(error, 0.02) << rate;
  }
}

TEST(TrackAudio, WhatIsHeldAheadOfAHoleIsBounded) {
  ByteBudget call(limits::kWaitingOfCallMax);
  TrackAudio audio({Coding::pcm_s16le, 16000}, 0, nullptr, &call);
  // Each begins one sample before the last, an hour ahead: none closes the hole.
  for (std::int64_t i = 0; i < 2000; ++i) {
    audio.accept(packet(50'000'000 - i, 190'000, i));
    EXPECT_LE(call.used(), limits::kHeldBytesMax);
  }
}

TEST(TrackAudio, AHoleIsWaitedForFromTheFirstArrivalBehindIt) {
  TrackAudio audio({Coding::mulaw, 8000});
  audio.accept(packet(0, 160, 0));
  for (std::int64_t ms = 20; ms <= 380; ms += 20)
    audio.accept(packet(3200 - ms, 160, ms));  // ever lower, never the missing one
  audio.tick(at(440));
  EXPECT_GT(audio.received(), 2000) << "given up 400 ms after the first came";
}

TEST(TrackAudio, SamplesFarOutsideOverflowNothing) {
  TrackAudio audio({Coding::mulaw, 8000});
  audio.accept(packet(0, 160));
  audio.pause(INT64_MAX);
  audio.resume(INT64_MAX);
  EXPECT_EQ(audio.accept(packet(160, 160)), Accepted::in_order);
  EXPECT_LE(audio.received(), 8000 * 3700);
}

}  // namespace
}  // namespace sotto::audio
