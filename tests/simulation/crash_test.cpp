// kill -9 at any moment, in virtual time from a seed: what was acknowledged is there afterwards, nothing is there
// twice.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"
#include "support/virtual_world.h"

namespace sotto {
namespace {

// The process dies: everything but the store is gone, commits under way included or not.
void crash_and_restart(VirtualWorld& world, bool commit_got_through) {
  world.path.reset();
  world.bus.forget_followers();
  world.recognizer.streams.clear();
  if (commit_got_through) world.store.release();
  world.store.held = false;
  world.settle();
  world.memory.bytes = 0;
  auto const calls = world.store.adopt_live_calls();
  CHECK(calls && calls->size() == 1);
  world.path = std::make_unique<CallPath>(world.context(), calls->front());
  world.path->on_source(true);
}

// The source sends again what was not acknowledged as committed, then goes on.
void send_again(VirtualWorld& world) {
  for (auto const& progress : world.path->progress()) {
    for (auto at = progress.received; at < world.at; at += 160)
      world.send(progress.track, at, std::min<std::int64_t>(160, world.at - at));
  }
  world.settle();
}

RC_GTEST_PROP(CrashProperty, NothingAcknowledgedIsLostAndNothingIsDoubled, ()) {
  VirtualWorld world({{2 * 16000, "one two three four"}, {12000, ""}, {3 * 16000, "five six seven"}, {20000, ""}});
  world.begin();
  world.speak(500ms);
  std::array<std::int64_t, 2> acknowledged{};
  std::map<std::string, std::string> seen;  // utterance -> text, that a subscriber saw without `unpersisted`
  for (int crash = 0; crash < 3; ++crash) {
    world.speak(std::chrono::milliseconds(*rc::gen::inRange(100, 3500)));
    world.store.held = *rc::gen::arbitrary<bool>();
    world.speak(std::chrono::milliseconds(*rc::gen::inRange(0, 900)));
    for (auto const& progress : world.path->progress())
      acknowledged[index(progress.track)] = std::max(acknowledged[index(progress.track)], progress.committed);
    for (auto const& event : world.events(event_type::utterance_final)) {
      if (!event.unpersisted) seen[utterance_from_json(event.data)->id()] = get_string(event.data, "text");
    }
    crash_and_restart(world, *rc::gen::arbitrary<bool>());
    for (auto const& progress : world.path->progress())
      RC_ASSERT(progress.committed >= acknowledged[index(progress.track)]);
    send_again(world);
  }
  world.hang_up();
  RC_ASSERT(world.path->finished());
  auto const stored = world.store.load("c1");
  std::map<std::string, std::string> kept;
  std::array<std::int64_t, 2> end{};
  for (auto const& event : stored->events) {
    if (event.type != event_type::utterance_final) continue;
    auto const said = *utterance_from_json(event.data);
    RC_ASSERT(kept.emplace(said.id(), said.text).second);  // no utterance twice
    RC_ASSERT(said.from >= end[index(said.track)]);        // no sample in two utterances
    end[index(said.track)] = said.to;
  }
  for (auto const& [id, text] : seen) {
    RC_ASSERT(kept.contains(id));
    RC_ASSERT(kept[id] == text);
  }
  for (auto const& [track, rows] : stored->ledger) {
    auto const sum = totals(rows);
    RC_ASSERT(sum.received == world.at);
    RC_ASSERT(sum.gap == 0 && sum.pending == 0);
  }
}

}  // namespace
}  // namespace sotto
