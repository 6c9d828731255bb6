// A chain of two engines, an engine that is gone for a while, and what the page says of it.
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "adapters/file_spool/file_spool.h"
#include "recovery/timing.h"

namespace sotto::recovery {
namespace {

using Talk = RecoveryWorld::Talk;

TEST(Failover, TheNextEngineSpeaksThePageSaysSoAndTheFirstIsTakenBack) {
  for (auto const death : {Death::reset, Death::refused, Death::black_hole, Death::mute}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      auto const round = run_failover(death, seed);
      auto const where = "death " + std::to_string(static_cast<int>(death)) + ", seed " + std::to_string(seed);
      EXPECT_LE(to_ms(round.words), 5000) << where;
      EXPECT_LE(to_ms(round.honest), 2200) << where;
      EXPECT_EQ(round.returned.has_value(), death != Death::refused) << where;
      EXPECT_TRUE(round.verdict.whole()) << where << ": " << to_text(round.verdict);
    }
  }
}

TEST(Outage, WordsOfNowComeFirstThenTheBacklog) {
  std::uint64_t seed = 1;
  for (int const seconds : {1, 2, 3, 5, 8, 13, 21, 34, 60}) {
    for (auto const door : {Door::closed, Door::busy, Door::throttled, Door::gone}) {
      auto const round = run_outage(Duration(seconds * 1'000'000), door, ++seed);
      auto const where = std::to_string(seconds) + " s, door " + std::to_string(static_cast<int>(door)) + ", seed " +
                         std::to_string(seed);
      EXPECT_LE(to_ms(round.live), door == Door::gone ? 4500 : 3500) << where;
      EXPECT_LE(to_ms(round.backlog), to_ms(round.waiting) / 1.25 + 2000) << where << " " << to_ms(round.waiting);
      if (seconds > 2) EXPECT_EQ(round.captions, door == Door::gone && seconds < 5 ? "delayed" : "stopped") << where;
      EXPECT_TRUE(round.verdict.whole()) << where << ": " << to_text(round.verdict);
    }
  }
}

TEST(Outage, AnEngineThatRefusesIsNotHammered) {
  auto const refused = run_outage(60s, Door::wrong_key, 3);
  EXPECT_LE(refused.attempts, 4);
  EXPECT_TRUE(refused.verdict.whole()) << to_text(refused.verdict);
  auto const busy = run_outage(60s, Door::busy, 3);
  EXPECT_LE(busy.attempts, 400) << "two people, each three times in two seconds";
}

TEST(Outage, LongerThanTheRingTheRestIsAnExplicitGapAndTheCallGoesOn) {
  RecoveryWorld world(7);
  SimulatedProvider provider({}, world.executor, world.clock, 8);
  world.add_engine("cloud", provider, [&] { provider.step(); });
  world.begin();
  world.speak(20s);
  provider.set_door(Door::closed, true);
  world.speak(240s);
  EXPECT_EQ(world.captions(), "stopped");
  provider.set_door(Door::open);
  world.speak(20s);
  world.hang_up();
  auto const verdict = world.judge();
  EXPECT_EQ(verdict.missing_ms, 0) << to_text(verdict);
  EXPECT_EQ(verdict.doubled_ms, 0) << to_text(verdict);
  EXPECT_TRUE(verdict.complaints.empty()) << to_text(verdict);
  EXPECT_GT(verdict.gap_ms, 0);
  for (auto const& gap : verdict.gaps) EXPECT_TRUE(gap.contains("overrun")) << gap;
  // 60 s did not fit, and while 180 s wait for their turn at 1.25 s a second the ring stays full.
  for (auto const& [track, rows] : world.path->ledgers()) {
    EXPECT_GT(totals(rows).gap, 60 * kRate);
    EXPECT_LT(totals(rows).gap, 85 * kRate) << name(track);
  }
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("sotto-spool-{}", ::getpid());
  ~Folder() { std::filesystem::remove_all(path); }
};

TEST(Outage, LongerThanTheRingNothingIsLostWhereRecordingIsAllowed) {
  Folder folder;
  FileSpools spools(folder.path, {VirtualWorld::info().tenant}, limits::kSpoolBytesMax);
  RecoveryWorld world(7);
  SimulatedProvider provider({}, world.executor, world.clock, 8);
  world.allow_recording(spools);
  world.add_engine("cloud", provider, [&] { provider.step(); });
  world.begin();
  world.speak(20s);
  provider.set_door(Door::closed, true);
  world.speak(260s);
  EXPECT_EQ(world.captions(), "stopped");
  provider.set_door(Door::open);
  auto const frame = world.frames();
  world.speak(5s, RecoveryWorld::Talk::always);
  EXPECT_GT(std::min(world.seen(Track::customer), world.seen(Track::agent)), frame) << "live words come first";
  world.speak(120s);
  provider.set_door(Door::closed, true);  // again, in the middle of the slices
  world.speak(10s);
  provider.set_door(Door::open);
  world.speak(120s);
  world.pass(200s);
  world.hang_up();
  auto const verdict = world.judge();
  EXPECT_TRUE(verdict.whole()) << to_text(verdict);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path)) << "its files have no names";
}

TEST(Outage, ADiskThatRefusesIsAnExplicitGap) {
  Folder folder;
  FileSpools spools(folder.path, {VirtualWorld::info().tenant}, 10 * 16000);
  RecoveryWorld world(7);
  SimulatedProvider provider({}, world.executor, world.clock, 8);
  world.allow_recording(spools);
  world.add_engine("cloud", provider, [&] { provider.step(); });
  world.begin();
  provider.set_door(Door::closed, true);
  world.speak(240s);
  provider.set_door(Door::open);
  world.speak(200s);
  world.hang_up();
  auto const verdict = world.judge();
  EXPECT_EQ(verdict.missing_ms, 0) << to_text(verdict);
  EXPECT_EQ(verdict.doubled_ms, 0) << to_text(verdict);
  EXPECT_GT(verdict.gap_ms, 0);
}

struct Edge : testing::Test {
  RecoveryWorld world{11};
  SimulatedProvider provider{{}, world.executor, world.clock, 12};

  void begin() {
    world.add_engine("cloud", provider, [&] { provider.step(); });
    world.begin();
  }
  void expect_whole() {
    auto const verdict = world.judge();
    EXPECT_TRUE(verdict.whole()) << to_text(verdict);
  }
};

TEST_F(Edge, LostInAPauseWhatWasSaidBeforeItIsDecidedWithoutTheResume) {
  begin();
  world.speak(8s, Talk::always);
  provider.set_door(Door::closed, true);
  world.pause();
  world.pass(1s);
  provider.set_door(Door::open);
  world.pass(15s);
  for (auto const& progress : world.path->progress()) EXPECT_EQ(progress.committed, 8 * kRate);
  world.hang_up();
  expect_whole();
}

TEST_F(Edge, LostInAPauseAndGoingOn) {
  begin();
  world.speak(8s, Talk::always);
  world.pause();
  provider.inject(Fault::restart);
  world.speak(4s, Talk::never);
  world.resume();
  world.speak(6s, Talk::always);
  world.hang_up();
  expect_whole();
}

TEST_F(Edge, LostWhileTheCallEnds) {
  begin();
  world.speak(9s, Talk::always);
  world.path->on_end(EndReason::hangup);
  world.pass(40ms);
  provider.inject(Fault::restart);
  world.hang_up();
  expect_whole();
}

TEST_F(Edge, NoEngineAtTheEndOfTheCallIsAnExplicitGap) {
  begin();
  world.speak(9s, Talk::always);
  provider.set_door(Door::closed, true);
  world.speak(3s, Talk::always);
  world.hang_up();
  EXPECT_TRUE(world.path->finished());
  auto const verdict = world.judge();
  EXPECT_EQ(verdict.missing_ms, 0) << to_text(verdict);
  EXPECT_GE(verdict.gap_ms, 6000) << "two people, 3 s each";
}

}  // namespace
}  // namespace sotto::recovery
