// What will be a final is decoded twice: a draft as soon as the voice pauses, and carefully once it probably ends.
#include "adapters/moonshine/track_listener.h"

#include <cmath>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sotto {
namespace {

using namespace std::chrono_literals;

constexpr auto kFrame = static_cast<std::int64_t>(kVadFrame);

class CarefulReading : public testing::Test {
 protected:
  void SetUp() override { hear(40, true); }

  // Frames of a voice, or of silence; answers nothing but what `words` says of the drafts of pauses.
  void hear(int frames, bool voice) {
    std::vector<float> samples(kVadFrame);
    for (int frame = 0; frame < frames; ++frame) {
      for (std::size_t at = 0; at < samples.size(); ++at) {
        samples[at] = voice ? 0.2f * std::sin(0.3f * static_cast<float>(at)) : 0.0f;
      }
      EXPECT_TRUE(listener.push(position, samples, now));
      position += kFrame;
      now += 32ms;
      step(voice ? 0.95f : 0.01f);
    }
  }

  void step(float probability) {
    ListenerOutput out;
    auto const lane = listener.next_frame(now, out);
    keep(out);
    if (!lane) return;
    ListenerOutput heard;
    listener.on_probability(probability, now, heard);
    keep(heard);
  }

  void keep(ListenerOutput& out) {
    for (auto& event : out.events) {
      if (auto const* final = std::get_if<SpeechFinal>(&event)) finals.push_back(final->text);
    }
    std::vector<DecodeJob> jobs(std::make_move_iterator(out.jobs.begin()), std::make_move_iterator(out.jobs.end()));
    for (auto& job : jobs) {
      if (job.kind == DecodeKind::deciding && job.again) {
        careful = job;
      } else if (job.kind == DecodeKind::deciding) {
        answer(job.ticket, {.text = "Call me tomorrow."});
      }
    }
  }

  void answer(std::uint64_t ticket, Decoding decoding) {
    ListenerOutput out;
    listener.on_decoded(ticket, std::move(decoding), now, out);
    keep(out);
  }

  TrackListener listener{1, SegmenterOptions{.second_reading = false}};
  std::int64_t position = 0;
  Time now{};
  std::vector<std::string> finals;
  std::optional<DecodeJob> careful;
};

TEST_F(CarefulReading, ComesWhenThePauseIsProbablyTheEndAndIsTheFinal) {
  hear(8, false);
  ASSERT_TRUE(careful);
  EXPECT_TRUE(careful->carefully);
  EXPECT_EQ(careful->known, (std::vector<Token>{}));
  EXPECT_TRUE(finals.empty());
  answer(careful->ticket, {.text = "Call me to borrow."});
  hear(30, false);
  EXPECT_EQ(finals, std::vector<std::string>{"Call me to borrow."});
}

TEST_F(CarefulReading, IsWaitedForWhenItIsLate) {
  hear(30, false);
  ASSERT_TRUE(careful);
  EXPECT_TRUE(finals.empty());
  answer(careful->ticket, {.text = "Call me to borrow."});
  EXPECT_EQ(finals, std::vector<std::string>{"Call me to borrow."});
}

TEST_F(CarefulReading, LeavesTheDraftWhereItWasSkipped) {
  hear(8, false);
  ASSERT_TRUE(careful);
  answer(careful->ticket, {.skipped = true});
  hear(30, false);
  EXPECT_EQ(finals, std::vector<std::string>{"Call me tomorrow."});
}

TEST_F(CarefulReading, LeavesTheDraftWhereItWasSkippedTooLate) {
  hear(30, false);
  ASSERT_TRUE(careful);
  answer(careful->ticket, {.skipped = true});
  EXPECT_EQ(finals, std::vector<std::string>{"Call me tomorrow."});
}

TEST_F(CarefulReading, IsForgottenWhereTheVoiceGoesOn) {
  hear(8, false);
  ASSERT_TRUE(careful);
  auto const first = careful->ticket;
  hear(20, true);
  answer(first, {.text = "Call me to borrow."});
  careful.reset();
  hear(8, false);
  ASSERT_TRUE(careful);
  EXPECT_NE(careful->ticket, first);
  answer(careful->ticket, {.text = "Call me tomorrow at nine."});
  hear(30, false);
  EXPECT_EQ(finals, std::vector<std::string>{"Call me tomorrow at nine."});
}

TEST_F(CarefulReading, IsNotAskedForWhereThereIsNoRoom) {
  listener.note_load(1.2, false);
  hear(30, false);
  EXPECT_FALSE(careful);
  EXPECT_EQ(finals, std::vector<std::string>{"Call me tomorrow."});
}

}  // namespace
}  // namespace sotto
