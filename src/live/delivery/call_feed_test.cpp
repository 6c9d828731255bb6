#include "live/delivery/call_feed.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/limits.h"
#include "call/event_codec.h"

namespace sotto::delivery {
namespace {

Time at(std::int64_t ms) { return Time(Duration(ms * 1000)); }

Event event(std::int64_t number) {
  Utterance said{.call = "c", .track = Track::agent, .n = number};
  return {.call = "c", .tenant = "t", .number = number, .time = at(number), .body = UtteranceFinal{std::move(said)}};
}
Event partial(Track track, std::int64_t utterance) {
  Utterance said{.call = "c", .track = track, .n = utterance};
  return {.call = "c", .tenant = "t", .number = 0, .time = {}, .body = Partial{.utterance = std::move(said)}};
}

struct Follower {
  std::shared_ptr<Subscriber> subscriber = std::make_shared<Subscriber>([] {});
  // Types of what is queued: "snapshot", "delta:2,3", "beat".
  std::string take() {
    std::string out;
    while (auto const message = subscriber->next()) {
      auto const object = *parse_object(*message);
      out += (out.empty() ? "" : " ") + get_string(object, "type");
      if (auto const* events = get_array(object, "events")) {
        for (auto const& one : *events)
          out += (get_string(one.get_object(), "type") == Fields<Partial>::type
                      ? ":p"
                      : ":" + std::to_string(get_int(one.get_object(), "number")));
      }
    }
    return out;
  }
};

TEST(CallFeed, StartsWithASnapshotAndResumesByDeltaWithoutLossOrRepeat) {
  CallFeed feed;
  feed.on(event(1), at(0));
  Follower fresh;
  feed.subscribe(fresh.subscriber, std::nullopt, at(0));
  EXPECT_EQ(fresh.take(), "snapshot");
  feed.on(event(2), at(1));
  feed.on(event(3), at(2));
  EXPECT_EQ(fresh.take(), "delta:2 delta:3");
  Follower back, ahead;
  feed.subscribe(back.subscriber, 1, at(3));
  EXPECT_EQ(back.take(), "delta:2:3");
  feed.subscribe(ahead.subscriber, 9, at(3));
  EXPECT_EQ(ahead.take(), "snapshot") << "it saw events that were lost";
}

TEST(CallFeed, ACallThatIsHandedOverClosesToWhoeverMayNotFollowItAnyMore) {
  CallFeed feed;
  auto tell = [&, number = std::int64_t{0}](EventBody body) mutable {
    feed.on({.call = "c", .tenant = "t", .number = ++number, .time = {}, .body = std::move(body)}, at(0));
  };
  tell(CallStarted{.info = {.id = "c", .tenant = "t", .team = "sales", .agent = "ann"}});
  auto const within = [](Scope scope) { return std::make_shared<Subscriber>([] {}, std::move(scope)); };
  Follower ann{within({.tenant = "t", .region = "", .team = "", .agent = "ann"})}, lead{within({.tenant = "t"})};
  for (auto const& one : {ann, lead}) feed.subscribe(one.subscriber, std::nullopt, at(0));
  tell(AgentChanged{.call = "c", .agent = "ben", .team = "help"});
  tell(AgentChanged{.call = "c", .agent = "eve", .team = "help"});
  EXPECT_EQ(ann.take(), "snapshot delta:2") << "she learns that it is gone, and nothing after that";
  EXPECT_TRUE(ann.subscriber->closed() && ann.subscriber->handed_over());
  EXPECT_EQ(lead.take(), "snapshot delta:2 delta:3");
  EXPECT_FALSE(lead.subscriber->closed());
  EXPECT_EQ(feed.view().info()->agent, "eve");
  auto const json = feed.view().to_json();
  EXPECT_EQ(get_string(json.at("info").get_object(), "agent"), "eve");
  EXPECT_EQ(json.at("transfers").get_array().size(), 2u);
}

TEST(CallFeed, AfterARestartNoMoreIsKeptForResumingThanBefore) {
  std::vector<Event> stored;
  for (std::size_t i = 1; i <= limits::kResumeEventsMax + 10; ++i) {
    stored.push_back(event(static_cast<std::int64_t>(i)));
  }
  CallFeed feed;
  feed.restore(stored);
  Follower old, recent;
  feed.subscribe(old.subscriber, 9, at(0));
  EXPECT_EQ(old.take(), "snapshot");
  feed.subscribe(recent.subscriber, stored.back().number - 2, at(0));
  EXPECT_EQ(recent.take(), "delta:2009:2010");
}

TEST(CallFeed, ASnapshotHoldsCorrectedWordsInPlaceOfTheFirst) {
  CallFeed feed;
  auto first = event(1), second = event(2);
  first.unpersisted = true;
  auto said = *words_of(first);
  said.text = "one";
  Event const corrected{
      .call = "c", .tenant = "t", .number = 3, .body = UtteranceRevised{.utterance = said, .was = "won"}};
  for (auto const& each : {first, second}) feed.on(each, at(0));
  auto const flagged = feed.view().to_json().at("utterances").as_array();
  EXPECT_TRUE(get_bool(flagged.at(0).get_object(), "unpersisted"));
  feed.on(corrected, at(1));
  auto const utterances = feed.view().to_json().at("utterances").as_array();
  ASSERT_EQ(utterances.size(), 2u);
  EXPECT_EQ(utterances.at(0), boost::json::value(data_of(corrected.body)));
  EXPECT_EQ(utterances.at(1), boost::json::value(data_of(second.body)));
}

TEST(CallFeed, PartialsTheFirstAtOnceThenOneUpdateAWhileWithBothTracks) {
  CallFeed feed;
  Follower follower;
  feed.subscribe(follower.subscriber, std::nullopt, at(0));
  follower.take();
  feed.on(partial(Track::customer, 0), at(5000));
  EXPECT_EQ(follower.take(), "delta:p");
  feed.on(partial(Track::customer, 0), at(5200));
  feed.on(partial(Track::agent, 0), at(5300));
  feed.on(partial(Track::agent, 0), at(5400));
  EXPECT_EQ(follower.take(), "");
  feed.on(partial(Track::agent, 0), at(5500));
  EXPECT_EQ(follower.take(), "delta:p:p");
}

TEST(CallFeed, WordsOfASpeakerWhoHasProbablyFinishedDoNotWait) {
  CallFeed feed;
  Follower follower;
  feed.subscribe(follower.subscriber, std::nullopt, at(0));
  follower.take();
  feed.on(partial(Track::customer, 0), at(5000));
  follower.take();
  auto eager = partial(Track::customer, 0);
  std::get<Partial>(eager.body).eager = true;
  feed.on(eager, at(5200));
  EXPECT_EQ(follower.take(), "delta:p");
  feed.on(partial(Track::customer, 0), at(5400));
  EXPECT_EQ(follower.take(), "");
}

TEST(CallFeed, AFinalTakesItsPartialAlong) {
  CallFeed feed;
  Follower follower;
  feed.subscribe(follower.subscriber, std::nullopt, at(0));
  feed.on(partial(Track::agent, 1), at(5000));
  follower.take();
  feed.on(partial(Track::agent, 1), at(5200));
  feed.on(event(1), at(5300));
  EXPECT_EQ(follower.take(), "delta:1");
  feed.on(Beat{.call = "c"}, at(6500));
  feed.tick(at(6500));
  EXPECT_EQ(follower.take(), "beat") << "no partial of a final that came";
}

TEST(CallFeed, ASlowSubscriberGetsTheStateByOneSnapshotAndDelaysNobody) {
  CallFeed feed;
  Follower slow, quick;
  feed.subscribe(slow.subscriber, std::nullopt, at(0));
  feed.subscribe(quick.subscriber, std::nullopt, at(0));
  for (std::size_t i = 1; i <= limits::kSubscriberQueueMax + 5; ++i) {
    feed.on(event(static_cast<std::int64_t>(i)), at(0));
    quick.take();
  }
  feed.on(Beat{.call = "c"}, at(1000));
  feed.tick(at(1000));
  EXPECT_EQ(slow.take(), "snapshot beat");
  EXPECT_EQ(quick.take(), "beat");
}

TEST(CallFeed, WhatIsToldUnsavedAndAgainWhenItIsStoredIsThereOnce) {
  CallFeed feed;
  feed.on(event(1), at(0));
  auto unsaved = event(2);
  unsaved.number = 0;
  unsaved.unpersisted = true;
  Event gap{.call = "c", .number = 0, .body = CoverageGap{.call = "c", .from = 5, .to = 9}, .unpersisted = true};
  feed.on(unsaved, at(1));
  feed.on(gap, at(1));
  Follower during;
  feed.subscribe(during.subscriber, 1, at(2));
  EXPECT_EQ(during.take(), "delta:0:0") << "whoever comes back meanwhile is told";
  gap.number = 3;
  gap.unpersisted = false;
  for (auto const& stored : {event(2), gap}) feed.on(stored, at(3));
  auto const view = feed.view().to_json();
  EXPECT_EQ(view.at("utterances").as_array().size(), 2u);
  EXPECT_FALSE(get_bool(view.at("utterances").at(1).as_object(), "unpersisted"));
  EXPECT_EQ(view.at("gaps").as_array().size(), 1u);
  EXPECT_EQ(view.at("number"), 3);
}

TEST(CallFeed, BeatsOnlyWhileTheCallDoes) {
  CallFeed feed;
  Follower follower;
  feed.subscribe(follower.subscriber, std::nullopt, at(0));
  follower.take();
  feed.on(Beat{.call = "c"}, at(1000));
  feed.tick(at(1100));
  EXPECT_EQ(follower.take(), "beat");
  feed.tick(at(2000));
  EXPECT_EQ(follower.take(), "") << "who carries the call is silent";
}

TEST(CallFeed, WhereNobodyCanBeHeardTheBeatSaysSoAndTheCallsClockRunsOn) {
  CallFeed feed;
  Follower follower;
  feed.subscribe(follower.subscriber, std::nullopt, at(0));
  follower.take();
  feed.on(Beat{.call = "c", .running_ms = 7000}, at(1000));
  feed.tick(at(5000), true);
  auto const told = *parse_object(*follower.subscriber->next());
  EXPECT_EQ(get_string(told, "type"), "beat");
  EXPECT_EQ(get_int(told, "media_ms"), 11'000);
  EXPECT_TRUE(get_bool(told, "cut_off"));
}

TEST(CallFeed, ManyWhoJoinAtOnceCostOneSnapshot) {
  CallFeed feed;
  feed.on(event(1), at(0));
  std::vector<Follower> followers(100);
  for (auto& follower : followers) feed.subscribe(follower.subscriber, std::nullopt, at(1));
  for (auto& follower : followers) EXPECT_EQ(follower.take(), "snapshot");
  EXPECT_EQ(feed.snapshots_built(), 1);
  feed.on(event(2), at(2));
  Follower later;
  feed.subscribe(later.subscriber, std::nullopt, at(3));
  EXPECT_EQ(feed.snapshots_built(), 2) << "it has changed";
}

TEST(CallFeed, WordsThatWereTakenBackAreToldToNobodyAnyMore) {
  CallFeed feed;
  auto secret = event(2);
  auto said = *words_of(secret);
  said.text = "secret";
  secret.body = UtteranceFinal{said};
  feed.on(event(1), at(0));
  feed.on(secret, at(1));
  said.text = "[redacted]";
  feed.on({.call = "c", .number = 3, .body = EventRedacted{2, "sotto.utterance.final", data_of(UtteranceFinal{said})}},
          at(2));
  Follower back, fresh;
  feed.subscribe(back.subscriber, 1, at(3));
  feed.subscribe(fresh.subscriber, std::nullopt, at(3));
  for (auto* follower : {&back, &fresh}) {
    auto const message = follower->subscriber->next();
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->contains("snapshot") && message->contains("[redacted]")) << *message;
    EXPECT_FALSE(message->contains("secret"));
  }
}

}  // namespace
}  // namespace sotto::delivery
