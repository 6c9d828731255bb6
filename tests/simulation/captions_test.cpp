// What the page is told while a call goes on: when captions are "delayed" and when no longer (with audio that goes on,
// as a recogniser that keeps up answers it), and the call's clock.
#include <gtest/gtest.h>

#include "adapters/moonshine/segmenter.h"
#include "base/json.h"
#include "support/virtual_world.h"

namespace sotto {
namespace {

constexpr std::int64_t kMs = 16;  // samples
constexpr Duration kFrame = 32ms;
// A slow decode of a partial on two busy cores.
constexpr Duration kDecode = 350ms;
constexpr SegmenterOptions kCadence;

std::int64_t samples(Duration time) { return time.count() / 1000 * kMs; }

// Both people talk (or are silent) for `time`; every `every` the recogniser answers for what it heard `behind` ago.
void hear(VirtualWorld& world, Duration time, Duration every, Duration behind, bool words) {
  for (auto left = time; left > Duration(0); left -= every) {
    world.speak(every);
    auto const heard = world.at * 2 - samples(behind);
    for (auto* stream : world.recognizer.streams) {
      if (words) {
        stream->emit(SpeechPartial{.from = 0, .to = heard, .text = "and so on", .words = {}, .audio_at = {}});
      } else {
        stream->emit(SpeechSilent{0, heard});
      }
    }
    world.settle();
  }
}

void fall_behind(VirtualWorld& world) {
  world.begin();
  world.speak(2500ms);
  ASSERT_EQ(world.path->health().captions, "delayed");
}

TEST(Captions, ThatCaughtUpAreLiveAgainWhilePeopleTalkOn) {
  VirtualWorld world;
  fall_behind(world);
  hear(world, 6s, kFrame * kCadence.partial_every_frames, kDecode, true);
  EXPECT_EQ(world.path->health().captions, "live");
  auto const said = world.told<HealthChanged>().size();
  hear(world, 60s, kFrame * kCadence.partial_every_frames, kDecode, true);
  EXPECT_EQ(world.told<HealthChanged>().size(), said) << "and stay live";
}

TEST(Captions, ThatCaughtUpAreLiveAgainWhileNobodyTalks) {
  VirtualWorld world;
  fall_behind(world);
  auto const undecided = kFrame * (kCadence.pre_roll_frames + kCadence.onset_frames);
  hear(world, 6s, kFrame * kCadence.silence_every_frames, undecided, false);
  EXPECT_EQ(world.path->health().captions, "live");
}

TEST(Captions, ThatStayBehindStayDelayed) {
  VirtualWorld world;
  fall_behind(world);
  hear(world, 20s, kFrame * kCadence.partial_every_frames, 1s, true);
  EXPECT_EQ(world.path->health().captions, "delayed");
}

TEST(Captions, AreNotCalledLiveForTimeInWhichTheProcessStoodStill) {
  VirtualWorld world;
  fall_behind(world);
  hear(world, 900ms, 900ms, kDecode, true);
  world.clock.advance(10s);
  world.path->tick();
  EXPECT_EQ(world.path->health().captions, "delayed");
}

TEST(CallClock, RunsOnThroughAPauseInWhichTheSourceSendsNothing) {
  VirtualWorld world;
  world.begin();
  auto const page = std::make_shared<delivery::Subscriber>([] {});
  world.path->subscribe(page);
  world.speak(2s);
  world.path->on_pause(std::nullopt, "api");
  world.pass(6s);
  std::int64_t shown = 0;
  while (auto const message = page->next()) {
    auto const beat = parse_object(*message).value();
    if (get_string(beat, "type") == "beat") shown = get_int(beat, "media_ms");
  }
  EXPECT_NEAR(shown, 8000, 600) << "at the last beat";
  EXPECT_EQ(world.path->media_ms(), 2000) << "nothing was received";
  world.path->on_resume(std::nullopt, "api");
  world.settle();
  EXPECT_NEAR(world.told<CallResumed>().at(0).at_ms, 8000, 50);
}

}  // namespace
}  // namespace sotto
