// Who is in a call: a conference has more than two parties, and the agent may change.
#include <gtest/gtest.h>

#include "support/virtual_world.h"

namespace sotto {
namespace {

constexpr std::int64_t kSecond = 16000;

std::shared_ptr<PolicySet const> cancel_policy(std::string id) {
  Rule rule{.id = std::move(id),
            .when = Spoken{.speaker = Track::customer,
                           .triggers = {{SpokenTrigger::Kind::phrase, {"cancel my contract"}, nullptr}}}};
  rule.cue = CueTemplate{.headline = "Ask why", .body = "Then offer the plan."};
  return std::make_shared<PolicySet const>(PolicySet{.version = "v1", .rules = {rule}, .meanings = nullptr});
}

// 2 s of words, 10 s of silence, again and again.
struct Speaking : VirtualWorld {
  Speaking() : VirtualWorld({{2 * kSecond, "I want to cancel my contract."}, {10 * kSecond, ""}}) {
    policies.set = cancel_policy("cancel");
  }
};

CallInfo with(std::vector<Track> tracks, std::vector<Party> parties) {
  auto info = VirtualWorld::info();
  info.tracks = std::move(tracks);
  info.parties = std::move(parties);
  return info;
}

TEST(Parties, AnInterpretersWordsAreThoseOfTheSideSheStandsOn) {
  for (auto const side : {Track::customer, Track::agent}) {
    Speaking world;
    world.begin(with({Track::third}, {{.track = Track::third, .side = side, .name = "Interpreter"}}));
    world.speak(4s);
    world.hang_up();
    auto const finals = world.told<UtteranceFinal>();
    ASSERT_EQ(finals.size(), 1u);
    EXPECT_EQ(finals[0].utterance.id(), "party3-0");
    EXPECT_EQ(finals[0].utterance.said_by(), side);
    EXPECT_EQ(world.told<Cue>().size(), side == Track::customer ? 1u : 0u);
  }
}

TEST(Parties, EveryTrackOfAConferenceIsDecidedByItself) {
  Speaking world;
  world.begin(with({Track::customer, Track::agent, Track::third, Track::sixth},
                   {{.track = Track::third, .side = Track::agent, .name = "Kim"},
                    {.track = Track::sixth, .side = Track::customer, .name = ""}}));
  world.speak(16s);
  world.hang_up();
  ASSERT_TRUE(world.path->finished());
  auto const stored = world.stored();
  ASSERT_EQ(stored.ledger.size(), 4u);
  for (auto const& [track, rows] : stored.ledger) EXPECT_EQ(rows.back().to, 128000) << name(track);
  EXPECT_EQ(world.told<UtteranceFinal>().size(), 8u) << "two of each";
  EXPECT_EQ(stored.info.parties[0].name, "Kim");
}

TEST(Parties, FromATransferOnTheRulesOfTheNewTeamAreInForce) {
  Speaking world;
  world.policies.teams["help"] = cancel_policy("help-cancel");
  world.begin(with({Track::customer}, {}));
  world.speak(8s);
  EXPECT_TRUE(world.path->on_transfer("ben", "help"));
  EXPECT_TRUE(world.path->on_transfer("ben", "help")) << "said again it changes nothing";
  world.speak(8s);
  world.hang_up();
  auto const changed = world.told<AgentChanged>();
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].agent, "ben");
  EXPECT_NEAR(static_cast<double>(changed[0].at_ms), 8000, 100);
  auto const cues = world.told<Cue>();
  ASSERT_EQ(cues.size(), 2u);
  EXPECT_EQ(cues[0].policy, "cancel");
  EXPECT_EQ(cues[1].policy, "help-cancel");
  EXPECT_EQ(world.stored().info.team, "help");
}

TEST(Parties, ACallThatIsHandedRoundAndRoundIsRefused) {
  Speaking world;
  world.begin(with({Track::customer}, {}));
  Result<void> last;
  for (int i = 0; i <= limits::kTransfersMax && last; ++i) last = world.path->on_transfer("a" + std::to_string(i), "");
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, "too_many_transfers");
  world.hang_up();
  EXPECT_EQ(world.told<AgentChanged>().size(), static_cast<std::size_t>(limits::kTransfersMax));
}

}  // namespace
}  // namespace sotto
