// The whole call path in one thread under virtual time.
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/limits.h"
#include "call/event_codec.h"
#include "support/cancel_call.h"
#include "support/virtual_world.h"

namespace sotto {
namespace {

// The same words by meaning, so that the encoder is asked.
std::shared_ptr<PolicySet const> like_policy() {
  auto set = *cancel_policy();
  set.rules[0].when = Spoken{.triggers = {{SpokenTrigger::Kind::said_like, {"cancel my contract"}, nullptr}}};
  auto vectors = std::make_shared<std::unordered_map<std::string, std::vector<float>>>();
  (*vectors)["cancel my contract"] = ScriptedShard::vector_of("cancel my contract");
  set.meanings = std::move(vectors);
  return std::make_shared<PolicySet const>(std::move(set));
}

void expect_whole(OneCall const& path, std::int64_t received) {
  for (auto const& [track, rows] : path.ledgers()) {
    std::int64_t at = 0;
    for (auto const& row : rows) {
      EXPECT_EQ(row.from, at);
      EXPECT_NE(row.coverage, Coverage::pending);
      at = row.to;
    }
    EXPECT_EQ(at, received) << name(track);
  }
}

TEST(Pipeline, ACallEndsOnceWithEverySampleDecided) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(10s);
  world.hang_up();
  ASSERT_TRUE(world.path->finished());
  expect_whole(*world.path, 80000);
  EXPECT_EQ(world.told<CallEnded>().size(), 1u);
  EXPECT_EQ(world.told<CallEnded>()[0].reason, EndReason::hangup);
  auto const stored = world.stored();
  EXPECT_FALSE(stored.live);
  for (std::size_t i = 0; i < stored.events.size(); ++i)
    EXPECT_EQ(stored.events[i].number, static_cast<std::int64_t>(i) + 1);
}

TEST(Pipeline, NothingIsAcknowledgedBeforeItIsStored) {
  VirtualWorld world(talk());
  world.begin();
  world.log.held = true;
  world.speak(5200ms);
  for (auto const& progress : world.path->progress()) {
    EXPECT_EQ(progress.received, 41600);
    EXPECT_EQ(progress.committed, 0);
  }
  world.log.let_go();
  world.pass(200ms);
  for (auto const& progress : world.path->progress()) EXPECT_EQ(progress.committed, 40000);
}

TEST(Pipeline, AWebhookIsRequestedInTheTransactionOfItsAlert) {
  VirtualWorld world(talk());
  auto set = *cancel_policy();
  set.rules[0].alert = Alert{.message = "Look"};
  set.rules[0].webhooks = {"crm"};
  world.policies.set = std::make_shared<PolicySet const>(std::move(set));
  std::vector<std::vector<std::string>> stored;  // types of events, by transaction
  world.log.on_stored = [&](Append const& batch) {
    stored.emplace_back();
    for (auto const& event : batch.events) stored.back().emplace_back(type_of(event.body));
  };
  world.begin();
  world.speak(5s);
  world.hang_up();
  auto const requested = world.told<WebhookRequested>();
  ASSERT_EQ(requested.size(), 1u);
  EXPECT_EQ(requested[0].webhook, "crm");
  EXPECT_EQ(requested[0].alert.value().message, "Look");
  auto const batch = std::ranges::find_if(stored, [](auto const& types) {
    return std::ranges::find(types, Fields<WebhookRequested>::type) != types.end();
  });
  ASSERT_NE(batch, stored.end());
  for (auto const type : {Fields<Moment>::type, Fields<AlertRaised>::type, Fields<Cue>::type})
    EXPECT_NE(std::ranges::find(*batch, type), batch->end()) << type;
}

TEST(Pipeline, AGapIsToldInTheTransactionOfItsLedgerRow) {
  VirtualWorld world;  // the recogniser decides nothing
  int gaps = 0;
  world.log.on_stored = [&](Append const& batch) {
    for (auto const& event : batch.events) {
      auto const* gap = std::get_if<CoverageGap>(&event.body);
      if (!gap) continue;
      ++gaps;
      EXPECT_TRUE(std::ranges::any_of(batch.tracks, [&](TrackUpdate const& update) {
        return update.track == gap->track && std::ranges::any_of(update.rows, [&](LedgerRow const& row) {
                 return row.coverage == Coverage::gap && row.from == gap->from && row.to == gap->to;
               });
      })) << gap->from;
    }
  };
  world.begin();
  world.speak(2s);
  world.at += 1600;  // never arrives
  world.speak(2s);
  world.hang_up();
  EXPECT_EQ(gaps, 2);
}

TEST(Pipeline, AnIdThatAnotherCallHasIsRefusedOnceAndNotTriedAgain) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(1s);
  world.hang_up();
  auto const before = world.log.appended;
  world.path = std::make_unique<OneCall>(world.world(), VirtualWorld::info(), "another token");
  world.pass(30s);
  EXPECT_EQ(world.path->refused().value_or(Error{}).code, "conflict");
  EXPECT_EQ(world.log.appended, before);
}

TEST(Pipeline, AnOwnerThatLostItsLeaseIsFencedAndWritesNoMore) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(4s);
  world.log.reopen();  // as if its lease had run out
  std::vector<Claimed> claimed;
  for (auto const part : {Part::speech, Part::guidance}) {
    world.log.claim(part, "another", 1, [&](Result<std::vector<Claimed>> parts) { claimed = std::move(*parts); });
    world.settle();
    ASSERT_EQ(claimed.size(), 1u);
  }
  auto const before = world.stored().events.size();
  world.speak(10s);
  EXPECT_EQ(world.path->refused().value_or(Error{}).code, "fenced");
  EXPECT_EQ(world.stored().events.size(), before);
}

TEST(Pipeline, ASourceWhoseNumbersBeginAgainIsHeardOn) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(35s);
  auto const before = world.path->progress().front().received;
  world.at = 0;
  bool told = false;
  for (int i = 0; i < 250; ++i) {  // five seconds, numbered from 0
    world.pass(20ms);
    for (auto const track : world.path->info().tracks) {
      auto const taken = world.path->on_packet({.track = track,
                                                .first_sample = world.at,
                                                .bytes = std::vector<std::uint8_t>(160, 0x40),
                                                .arrived = world.clock.now()});
      if (taken) continue;
      EXPECT_EQ(taken.error().code, "samples_restarted");
      EXPECT_LT(i, 50) << "within a second";
      told = true;
    }
    world.at += 160;
  }
  EXPECT_TRUE(told);
  EXPECT_EQ(world.path->progress().front().received, world.at) << "acknowledged in the source's own numbers";
  world.hang_up();
  for (auto const& [track, rows] : world.path->ledgers()) {
    EXPECT_GE(totals(rows).received, before + world.at);
    EXPECT_EQ(std::ranges::count(rows, std::string("samples_restarted"), &LedgerRow::reason), 1);
  }
  EXPECT_EQ(world.told<CoverageGap>().size(), 2u);
}

TEST(Pipeline, PausedAudioIsNeitherHeardNorMissing) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(4s);
  world.path->on_pause(std::nullopt, "api");
  world.speak(6s);
  world.path->on_resume(std::nullopt, "api");
  world.speak(4s);
  world.hang_up();
  expect_whole(*world.path, 8000 * 14);
  for (auto const& [track, rows] : world.path->ledgers()) EXPECT_EQ(totals(rows).pause, 8000 * 6);
  for (auto const& [said] : world.told<UtteranceFinal>())
    EXPECT_TRUE(said.to <= 32000 || said.from >= 80000) << said.from;
  EXPECT_EQ(world.told<CallPaused>().size(), 1u);
  EXPECT_EQ(world.told<CallResumed>().size(), 1u);
}

TEST(Pipeline, APauseButtonThatIsHeldDownIsRefused) {
  VirtualWorld world;
  world.begin();
  world.speak(1s);
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    if (auto const paused = world.path->on_pause(world.at, "source"); !paused) {
      EXPECT_EQ(paused.error().code, "too_many_pauses");
      ++refused;
    }
    world.path->on_resume(world.at, "source");
  }
  EXPECT_EQ(refused, 90);
  world.pass(2s);
  EXPECT_TRUE(world.path->on_pause(std::nullopt, "source")) << "a person may";
}

TEST(Pipeline, APauseThatReachesBackTakesTheWordsAlong) {
  VirtualWorld world;  // the recogniser decides nothing before the end
  world.begin();
  world.speak(2s);
  world.path->on_pause(8000, "source");  // a second ago
  world.hang_up();
  for (auto const& [track, rows] : world.path->ledgers()) {
    EXPECT_EQ(totals(rows).pause, 8000);
    EXPECT_EQ(totals(rows).pending, 0);
  }
}

TEST(Pipeline, ALostSenderIsAwaitedThenTheCallEndsAsLost) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(3s);
  world.path->on_source(false);
  world.pass(29s);
  EXPECT_FALSE(world.path->ending());
  EXPECT_EQ(world.path->health().audio, "lost");
  world.pass(2s);
  EXPECT_EQ(world.path->end_reason(), EndReason::lost);
  world.pass(1s);
  EXPECT_TRUE(world.path->finished());
}

TEST(Pipeline, AMuteSenderIsShownThenTheCallEndsAsSilent) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(3s);
  world.pass(6s);
  EXPECT_EQ(world.path->health().audio, "none");
  world.pass(600s);
  EXPECT_EQ(world.path->end_reason(), EndReason::silent);
}

TEST(Pipeline, ALostRecogniserHearsAgainFromTheFirstUndecidedSample) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(4s);
  for (auto* stream : std::vector(world.recognizer.streams)) stream->lose("the test wants it so");
  world.settle();
  world.speak(5s);
  world.hang_up();
  expect_whole(*world.path, 72000);
  EXPECT_GE(world.recognizer.streams.size(), 4u);
  for (auto const& [track, rows] : world.path->ledgers()) EXPECT_EQ(totals(rows).gap, 0) << name(track);
}

TEST(Pipeline, CaptionsThatFallBehindAreSaidAndRecover) {
  VirtualWorld world;
  world.begin();
  world.speak(1s);
  EXPECT_EQ(world.path->health().captions, "live");
  world.speak(1500ms);
  EXPECT_EQ(world.path->health().captions, "delayed");
  for (auto* stream : world.recognizer.streams) stream->emit(SpeechSilent{0, 2 * kSecond});
  world.settle();
  world.pass(4s);
  EXPECT_EQ(world.path->health().captions, "live");
}

TEST(Pipeline, WithTheStoreDownTheCallGoesOnAndEverythingIsStoredAfterwards) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(4s);
  auto const before = world.told<UtteranceFinal>().size();
  world.log.failing = true;
  world.speak(2s);
  EXPECT_FALSE(world.path->health().saved);
  world.speak(88s);
  EXPECT_GT(world.told<UtteranceFinal>().size(), before + 30);
  EXPECT_TRUE(std::ranges::any_of(world.bus.published, &Event::unpersisted));
  world.log.failing = false;
  world.speak(6s);
  EXPECT_TRUE(world.path->health().saved);
  world.hang_up();
  auto const stored = world.stored();
  std::int64_t last = 0;
  std::size_t unsaved = 0;
  for (auto const& event : world.bus.published) {
    if (event.is<Partial>()) continue;
    if (event.number > 0) EXPECT_EQ(event.number, ++last);  // each once, in order, whatever the log did
    else ++unsaved;
  }
  EXPECT_EQ(std::ssize(stored.events), last);
  EXPECT_GT(unsaved, 30u) << "told at once, and again when it was stored";
  EXPECT_EQ(world.waiting.used(), 0u);
}

TEST(Pipeline, AStoreThatHangsIsSaidWithinTwoSeconds) {
  VirtualWorld world(talk());
  world.begin();
  world.speak(1s);
  world.log.held = true;
  world.speak(4s);
  EXPECT_FALSE(world.path->health().saved);
  EXPECT_FALSE(world.told<UtteranceFinal>().empty());
  world.log.let_go();
  world.speak(1s);
  EXPECT_TRUE(world.path->health().saved);
}

TEST(Pipeline, WordsBringACueWithItsReasonAfterItWasStored) {
  VirtualWorld world(talk());
  world.policies.set = cancel_policy();
  world.begin();
  world.speak(3s);
  auto const cues = world.events<Cue>();
  ASSERT_EQ(cues.size(), 1u);  // both parties say it: the second is within the cool-down
  auto const cue = cues[0].as<Cue>();
  EXPECT_EQ(cue->headline, "Ask why");
  EXPECT_EQ(cue->because.text, "cancel my contract.");
  EXPECT_EQ(cue->because.trigger, "phrase");
  EXPECT_TRUE(world.stored().events.size() >= static_cast<std::size_t>(cues[0].number));
}

TEST(Pipeline, ACueTooLateForItsMomentIsDroppedAndCounted) {
  VirtualWorld world(talk());
  world.policies.set = cancel_policy({.fresh_ms = 500});
  world.begin();
  world.speak(1900ms);
  world.log.held = true;  // the words cannot be stored: they are told from memory a second later
  world.speak(1500ms);
  EXPECT_TRUE(world.told<Cue>().empty());
  ASSERT_FALSE(world.told<CueClosed>().empty());
  EXPECT_EQ(world.told<CueClosed>()[0].reason, "late");
}

TEST(Pipeline, ADismissedCueClosesAndAnUnknownOneIsRefused) {
  VirtualWorld world(talk());
  world.policies.set = cancel_policy();
  world.begin();
  world.speak(3s);
  auto const id = world.told<Cue>().at(0).id;
  EXPECT_EQ(world.path->on(Dismiss{"nonsense"}).error().code, "no_such_cue");
  EXPECT_TRUE(world.path->on(CueDisplayed{.id = id, .stages_ms = {.total = 300}}));
  EXPECT_FALSE(world.path->on(CueDisplayed{.id = id, .stages_ms = {.total = 300}})) << "drawn once";
  EXPECT_TRUE(world.path->on(Dismiss{id}));
  world.pass(100ms);
  EXPECT_EQ(world.told<CueClosed>().at(0).reason, "dismissed");
}

// --- each stage's time is the difference of two stamps: a stage that takes 50 ms longer grows its own key alone
// ---------

struct StageDelay {
  char const* key;
  std::function<void(VirtualWorld&)> delay = [](VirtualWorld&) {};
  std::function<void(VirtualWorld&)> later = [](VirtualWorld&) {};  // when the words have been pushed
  std::function<void(VirtualWorld&)> speak = [](VirtualWorld& world) { world.speak(2s); };
};

boost::json::object stages_with(StageDelay const& stage) {
  VirtualWorld world;
  auto call = VirtualWorld::info();
  call.tracks = {Track::customer};
  world.policies.set = like_policy();
  world.begin(std::move(call));
  world.speak(100ms);
  stage.delay(world);
  stage.speak(world);
  stage.later(world);
  world.recognizer.streams.front()->emit(
      SpeechFinal{.from = 0, .to = 31000, .text = "cancel my contract", .words = {}, .speech_end = 30000});
  world.settle();
  world.pass(500ms);
  auto const cues = world.told<Cue>();
  CHECK(!cues.empty());
  return to_json(cues[0].stages_ms);
}

// Lets 50 ms pass in the middle of whatever runs.
auto lag(VirtualWorld& world) {
  return [&world] { world.clock.advance(50ms); };
}
// The same, once.
auto lag_once(VirtualWorld& world) {
  return [&world, done = false]() mutable {
    if (!std::exchange(done, true)) world.clock.advance(50ms);
  };
}
// The log, or the bus, takes 50 ms for the words.
void slow_log(VirtualWorld& world) {
  world.log.held = true;
  world.executor.post([&world] {
    world.executor.post([&world] {
      world.clock.advance(50ms);
      world.log.let_go();
    });
  });
}
void slow_bus(VirtualWorld& world) {
  world.bus.held = true;
  world.log.on_stored = [&world, posted = false](Append const&) mutable {
    if (std::exchange(posted, true)) return;
    world.executor.post([&world] {
      world.executor.post([&world] {
        world.clock.advance(50ms);
        world.bus.held = false;
        world.bus.release();
      });
    });
  };
}

// The packet with the last words overtakes the one before it, and waits for it for 50 ms.
void speak_with_an_overtaken_packet(VirtualWorld& world) {
  world.speak(1740ms);
  auto const overtaken = std::exchange(world.at, world.at + 160);
  world.pass(20ms);
  world.speak(20ms);
  world.clock.advance(50ms);
  world.send(Track::customer, overtaken, 160);
  world.speak(220ms);
}

std::vector<StageDelay> const kDelays{
    {"transit", [](VirtualWorld& w) { w.clock.advance(50ms); }},
    {.key = "buffer", .speak = speak_with_an_overtaken_packet},
    {"asr", [](VirtualWorld&) {}, [](VirtualWorld& w) { w.clock.advance(50ms); }},
    {"utterance", [](VirtualWorld&) {}, [](VirtualWorld& w) { w.clock.on_read = lag_once(w); }},
    {"store", [](VirtualWorld&) {}, slow_log},
    {"bus", [](VirtualWorld&) {}, slow_bus},
    {"orchestrate", [](VirtualWorld& w) { w.policies.on_generation = lag(w); }},
    {"route", [](VirtualWorld& w) { w.policies.on_knowledge = lag_once(w); }},
    {"infer", [](VirtualWorld& w) { w.shard.before_answer = lag(w); }},
    {"guide", [](VirtualWorld& w) { w.metrics.hooks[Histogram::inference] = lag(w); }},
};

class StageTimes : public testing::TestWithParam<StageDelay> {};

TEST_P(StageTimes, ADelayShowsInItsOwnKeyAlone) {
  auto const base = stages_with({.key = ""});
  auto const slow = stages_with(GetParam());
  for (auto const& [key, value] : base) {
    auto const before = value.is_null() ? 0 : value.to_number<double>();
    auto const after = slow.at(key).is_null() ? 0 : slow.at(key).to_number<double>();
    // What transit starts from is an estimate that follows the source's clock, by 0.25 ms a second.
    EXPECT_NEAR(after - before, key == GetParam().key ? 50 : 0, key == "transit" ? 0.6 : 0.01) << key;
  }
}

INSTANTIATE_TEST_SUITE_P(Pipeline, StageTimes, testing::ValuesIn(kDelays),
                         [](auto const& info) { return std::string(info.param.key); });

}  // namespace
}  // namespace sotto
