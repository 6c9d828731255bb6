#include "recovery/timing.h"

#include <algorithm>

#include "base/limits.h"

namespace sotto::recovery {

namespace {

using Talk = RecoveryWorld::Talk;

// Both people's words of frame `frame` or later were told.
bool both_seen(RecoveryWorld const& world, std::int64_t frame) {
  return world.seen(Track::customer) >= frame && world.seen(Track::agent) >= frame;
}

std::int64_t decided(RecoveryWorld const& world) {
  std::int64_t least = INT64_MAX;
  for (auto const& progress : world.path->progress()) least = std::min(least, progress.committed);
  return least;
}

// Everybody talks until `done` holds, at most `most`; how long that took.
template <typename Done>
Duration talk_until(RecoveryWorld& world, Duration most, Done done) {
  auto const begun = world.now();
  while (!done() && world.now() - begun < most) world.speak(20ms, Talk::always);
  return world.now() - begun;
}

Duration some_time(Random& random, int from_ms, int to_ms) { return Duration(random.between(from_ms, to_ms) * 1000); }

void die(SimulatedProvider& provider, Death death) {
  provider.set_door(death == Death::reset     ? Door::closed
                    : death == Death::refused ? Door::wrong_key
                    : death == Death::mute    ? Door::mute
                                              : Door::gone,
                    true);
}

}  // namespace

OutageRound run_outage(Duration gone, Door door, std::uint64_t seed) {
  Random random(seed);
  RecoveryWorld world(random.seed());
  SimulatedProvider provider({}, world.executor, world.clock, random.seed());
  world.add_engine("cloud", provider, [&] { provider.step(); });
  world.begin();
  world.speak(some_time(random, 5000, 15000), Talk::always);
  provider.set_door(door, true);
  auto const opened = provider.opened();
  world.speak(gone, Talk::always);
  OutageRound round;
  round.captions = world.captions();
  round.attempts = provider.opened() - opened;
  provider.set_door(Door::open);
  auto const frame = world.frames();
  auto const back = world.now();
  round.waiting = Duration(frame * kFrameMs * 1000 - decided(world) * 1'000'000 / kRate);
  round.live = talk_until(world, 60s, [&] { return both_seen(world, frame); });
  // Its last second may belong to the live words (limits::kSplitSearch): they are decided when they end.
  auto const last = frame - 1 - limits::kSplitSearch / 20ms;
  talk_until(world, 180s, [&] { return std::min(world.told(Track::customer), world.told(Track::agent)) >= last; });
  round.backlog = world.now() - back;
  world.speak(2s, Talk::always);
  world.hang_up();
  round.verdict = world.judge();
  return round;
}

FailoverRound run_failover(Death death, std::uint64_t seed) {
  Random random(seed);
  RecoveryWorld world(random.seed());
  SimulatedProvider cloud({}, world.executor, world.clock, random.seed());
  FrameEngine local({.think = 200ms}, world.executor, world.clock, random.seed());
  world.add_engine("cloud", cloud, [&] { cloud.step(); });
  world.add_engine("local", local, [&] { local.step(); });
  world.begin();
  world.speak(some_time(random, 3000, 12000), Talk::always);
  die(cloud, death);
  auto const struck = world.now();
  auto const frame = world.frames();
  FailoverRound round;
  std::optional<Duration> honest, words;
  talk_until(world, 20s, [&] {
    if (!honest && world.captions() != "live") honest = world.now() - struck;
    if (!words && both_seen(world, frame)) words = world.now() - struck;
    return honest && words;
  });
  round.honest = honest.value_or(20s);
  round.words = words.value_or(20s);
  world.speak(some_time(random, 2000, 10000), Talk::always);
  if (death != Death::refused) {
    cloud.set_door(Door::open);
    auto const back = world.now();
    auto const settled = talk_until(world, 60s, [&] { return world.captions() == "live"; });
    if (settled < 60s) round.returned = world.now() - back;
  }
  world.speak(3s, Talk::always);
  world.hang_up();
  round.verdict = world.judge();
  return round;
}

Duration run_honest(Death death, std::uint64_t seed) {
  Random random(seed);
  RecoveryWorld world(random.seed());
  SimulatedProvider cloud({}, world.executor, world.clock, random.seed());
  world.add_engine("cloud", cloud, [&] { cloud.step(); });
  world.begin();
  world.speak(some_time(random, 5000, 12000), Talk::always);
  talk_until(world, 30s, [&] { return world.captions() == "live"; });
  die(cloud, death);
  return talk_until(world, 10s, [&] { return world.captions() != "live"; });
}

}  // namespace sotto::recovery
