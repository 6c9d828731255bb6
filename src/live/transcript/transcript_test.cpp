#include "live/transcript/transcript.h"

#include <gtest/gtest.h>

#include "call/event_codec.h"

namespace sotto::transcript {
namespace {

Hypothesis final_of(std::int64_t from, std::int64_t to, std::string const& text, Track speaker) {
  return {.final = true,
          .from = from,
          .to = to,
          .text = text,
          .words = {{text, from / 8 + 10, to / 8 - 10}},
          .speech_end = to,
          .speaker = speaker,
          .speaker_confidence = 0.6};
}

// Through the gate, as in a call.
PrivacyGate::Safe safe(Hypothesis hypothesis) {
  PrivacyGate gate;
  if (hypothesis.revised) return *gate.revised(std::move(hypothesis));
  auto const track = hypothesis.track;
  gate.on_final(std::move(hypothesis), Time{});
  gate.settle(track);
  return std::get<PrivacyGate::Safe>(*gate.take(track, Time{}));
}

TEST(Transcript, TheSpeakerOfAMonoCallMayBeCorrectedWithTheSameWords) {
  CallInfo const call{.id = "c", .tracks = {Track::customer}, .mono = true};
  Transcript transcript(call);
  transcript.receive(Track::customer, 16'000);
  auto const first = transcript.on_final(safe(final_of(0, 8000, "Hello.", Track::agent)), false).utterance;
  auto const second = transcript.on_final(safe(final_of(8000, 16'000, "Hi.", Track::customer)), false).utterance;
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->said_by(), Track::agent);
  EXPECT_EQ(transcript.ledger(Track::customer).decided(), 16'000);

  Hypothesis correction{.revised = true, .from = 0, .to = 8000, .speaker = Track::customer, .speaker_confidence = 0.9};
  auto const corrected = transcript.on_revised(safe(correction));
  ASSERT_TRUE(corrected);
  EXPECT_EQ(corrected->utterance.text, "Hello.");
  EXPECT_EQ(corrected->was, "Hello.");
  EXPECT_EQ(corrected->was_speaker, Track::agent);
  EXPECT_EQ(corrected->utterance.said_by(), Track::customer);
  EXPECT_EQ(corrected->utterance.revision, 1);
  EXPECT_FALSE(transcript.on_revised(safe(correction))) << "it says the same";

  auto const stored = from_json<Utterance>(to_json(corrected->utterance));
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->speaker, Track::customer);
  EXPECT_NEAR(stored->speaker_confidence, 0.9, 0.01);
}

TEST(Transcript, ACorrectionOfWordsKeepsTheSpeaker) {
  CallInfo const call{.id = "c", .tracks = {Track::customer}, .mono = true};
  Transcript transcript(call);
  transcript.receive(Track::customer, 8000);
  transcript.on_final(safe(final_of(0, 8000, "Hallo.", Track::agent)), false);
  auto const corrected = transcript.on_revised(
      safe({.revised = true, .from = 0, .to = 8000, .text = "Hello.", .words = {{"Hello.", 10, 900}}}));
  ASSERT_TRUE(corrected);
  EXPECT_EQ(corrected->utterance.said_by(), Track::agent);
}

TEST(Transcript, WhatWasTakenBackIsNotCorrectedAnyMore) {
  CallInfo const call{.id = "c", .tracks = {Track::customer}};
  Transcript transcript(call);
  transcript.receive(Track::customer, 16'000);
  transcript.on_final(safe(final_of(0, 8000, "Hallo.", Track::customer)), false);
  transcript.on_final(safe(final_of(8000, 16'000, "Wrld.", Track::customer)), false);
  transcript.forget(Track::customer, 0);
  auto const correct = [&](std::int64_t from, std::string text) {
    return transcript.on_revised(
        safe({.revised = true, .from = from, .to = from + 8000, .text = text, .words = {{text, 10, 900}}}));
  };
  EXPECT_FALSE(correct(0, "Hello."));
  EXPECT_TRUE(correct(8000, "World.")) << "the others are";
}

}  // namespace
}  // namespace sotto::transcript
