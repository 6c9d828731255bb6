// kill -9 at any moment, in virtual time from a seed: what was acknowledged is there afterwards, nothing is there
// twice.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"
#include "call/event_codec.h"
#include "support/virtual_world.h"

namespace sotto {
namespace {

// The process dies: everything but the store is gone, commits under way included or not.
void crash_and_restart(VirtualWorld& world, bool commit_got_through) {
  world.path.reset();
  world.recognizer.streams.clear();
  if (commit_got_through) world.log.let_go();
  world.settle();
  world.log.held = false;
  world.log.reopen();
  world.path = std::make_unique<OneCall>(world.world());
  world.path->adopt();
  world.settle();
  CHECK(world.path->adopted());
  world.path->on_source(true);
  world.path->tick();
  world.settle();
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
    world.log.held = *rc::gen::arbitrary<bool>();
    world.speak(std::chrono::milliseconds(*rc::gen::inRange(0, 900)));
    for (auto const& progress : world.path->progress())
      acknowledged[index(progress.track)] = std::max(acknowledged[index(progress.track)], progress.committed);
    for (auto const& event : world.events<UtteranceFinal>()) {
      if (!event.unpersisted) seen[words_of(event)->id()] = words_of(event)->text;
    }
    crash_and_restart(world, *rc::gen::arbitrary<bool>());
    for (auto const& progress : world.path->progress())
      RC_ASSERT(progress.committed >= acknowledged[index(progress.track)]);
    send_again(world);
  }
  world.hang_up();
  RC_ASSERT(world.path->finished());
  auto const stored = world.stored();
  std::map<std::string, std::string> kept;
  std::array<std::int64_t, 2> end{};
  for (auto const& event : stored.events) {
    if (!event.is<UtteranceFinal>()) continue;
    auto const& said = *words_of(event);
    RC_ASSERT(kept.emplace(said.id(), said.text).second);  // no utterance twice
    RC_ASSERT(said.from >= end[index(said.track)]);        // no sample in two utterances
    end[index(said.track)] = said.to;
  }
  for (auto const& [id, text] : seen) {
    RC_ASSERT(kept.contains(id));
    RC_ASSERT(kept[id] == text);
  }
  for (auto const& [track, rows] : stored.ledger) {
    auto const sum = totals(rows);
    RC_ASSERT(sum.received == world.at);
    RC_ASSERT(sum.gap == 0 && sum.pending == 0);
  }
}

// A duty that falls due with the third second, and the words that settle it.
std::shared_ptr<PolicySet const> notice_policy() {
  Rule due{.id = "notice.due", .when = AfterElapsed{3000}};
  due.cue = CueTemplate{.kind = "must_say", .headline = "Recording notice"};
  due.checklist = ChecklistItem{"notice", "Recording notice"};
  Rule said{.id = "notice", .when = Spoken{.triggers = {{SpokenTrigger::Kind::phrase, {"call is recorded"}, nullptr}}}};
  said.checklist = due.checklist;
  return std::make_shared<PolicySet const>(PolicySet{.version = "v1", .rules = {due, said}, .meanings = nullptr});
}

// The duties that wait on the agent's screen, and the evidence of the tick: "" where there is none.
std::pair<std::size_t, std::string> notice(VirtualWorld& world) {
  auto const view = world.path->feed()->view().to_json();
  std::size_t open = 0;
  for (auto const& cue : view.at("cues").as_array()) open += cue.at("state") == "shown" ? 1 : 0;
  auto const& item = view.at("checklist").at(0).as_object();
  auto const* ticked = get_object(item, "ticked");
  return {open, ticked ? get_string(*ticked, "by") + ": " + get_string(*ticked, "reason") : ""};
}

TEST(Crash, ATickByHandOutlivesTheProcessAndCanBeTakenBackInTheNext) {
  using State = std::pair<std::size_t, std::string>;
  VirtualWorld world({{60 * 16000, ""}});
  world.policies.set = notice_policy();
  world.begin();
  world.speak(5s);
  EXPECT_EQ(notice(world), State(1, ""));
  EXPECT_EQ(world.path->on(TickByHand{"nothing", "x"}).error().code, "no_such_item");
  ASSERT_TRUE(world.path->on(TickByHand{"notice", "said before the call"}));
  world.settle();
  EXPECT_EQ(notice(world), State(0, "agent: said before the call"));
  crash_and_restart(world, true);
  EXPECT_EQ(notice(world), State(0, "agent: said before the call"));
  ASSERT_TRUE(world.path->on(UntickByHand{"notice", "it was another call"}));
  world.settle();
  EXPECT_EQ(notice(world), State(1, ""));
  world.hang_up();
  EXPECT_EQ(world.path->on(TickByHand{"notice", "x"}).error().code, "not_live");
}

// A rule by meaning, an order of words, and what waits on the screen.
std::shared_ptr<PolicySet const> meaning_policies() {
  auto const like = [](std::string text) {
    return Spoken{.triggers = {{SpokenTrigger::Kind::said_like, {std::move(text)}, nullptr}}};
  };
  Rule cue{.id = "cancel", .when = like("one two three four")};
  cue.cue = CueTemplate{.headline = "Ask why"};
  Rule order{.id = "order", .when = Order{.said = like("five six seven"), .other = like("one two three four")}};
  order.cue = CueTemplate{.headline = "Too early"};
  auto vectors = std::make_shared<std::unordered_map<std::string, std::vector<float>>>();
  for (auto const* text : {"one two three four", "five six seven"}) (*vectors)[text] = ScriptedShard::vector_of(text);
  return std::make_shared<PolicySet const>(PolicySet{.version = "v1", .rules = {cue, order}, .meanings = vectors});
}

TEST(Crash, NoModelIsAskedAgainAndWhatWasSaidIsKnown) {
  VirtualWorld world({{2 * 16000, "one two three four"}, {12000, ""}, {3 * 16000, "five six seven"}, {20000, ""}});
  world.policies.set = meaning_policies();
  world.begin();
  world.speak(4s);  // the first words, by both
  world.pass(1s);
  auto const asked = world.shard.asked;
  auto const cues = world.told<Cue>().size();
  EXPECT_GT(asked, 0);
  ASSERT_EQ(cues, 1u);
  crash_and_restart(world, true);
  world.pass(1s);
  EXPECT_EQ(world.shard.asked, asked) << "after the restart";
  EXPECT_EQ(world.told<Cue>().size(), cues);
  send_again(world);
  world.speak(4s);
  EXPECT_GT(world.shard.asked, asked) << "what is said then is judged";
  EXPECT_EQ(world.told<Cue>().size(), cues) << "in that order nothing is wrong: the first words are known";
}

TEST(Crash, WordsWhoseAnswerNeverCameAreJudgedByTheNextOwner) {
  VirtualWorld world({{2 * 16000, "one two three four"}, {12000, ""}});
  world.policies.set = meaning_policies();
  world.begin();
  world.shard.held = true;  // the models are asked and do not answer
  world.speak(3s);
  EXPECT_TRUE(world.told<Cue>().empty());
  EXPECT_FALSE(world.told<UtteranceFinal>().empty());
  crash_and_restart(world, true);
  world.shard.held = false;
  world.shard.release();
  world.pass(2s);
  EXPECT_EQ(world.told<Cue>().size(), 1u) << "between the append of the words and their effect";
}

}  // namespace
}  // namespace sotto
