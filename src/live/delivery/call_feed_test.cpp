#include "live/delivery/call_feed.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/limits.h"

namespace sotto::delivery {
namespace {

Time at(std::int64_t ms) { return Time(Duration(ms * 1000)); }

Event event(std::int64_t number, std::string type = event_type::utterance_final) {
  return {.call = "c",
          .tenant = "t",
          .number = number,
          .type = std::move(type),
          .time = at(number),
          .data = {{"track", "agent"}, {"utterance", number}}};
}
Event partial(char const* track, std::int64_t utterance) {
  return {.call = "c",
          .tenant = "t",
          .number = 0,
          .type = event_type::partial,
          .time = {},
          .data = {{"track", track}, {"utterance", utterance}}};
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
          out += (one.get_object().at("type") == event_type::partial
                      ? ":p"
                      : ":" + std::to_string(get_int(one.get_object(), "number")));
      }
    }
    return out;
  }
};

TEST(CallFeed, StartsWithASnapshotAndResumesByDeltaWithoutLossOrRepeat) {
  CallFeed feed(1);
  feed.on_event(event(1), at(0));
  Follower fresh;
  feed.subscribe(fresh.subscriber, std::nullopt, at(0));
  EXPECT_EQ(fresh.take(), "snapshot");
  feed.on_event(event(2), at(1));
  feed.on_event(event(3), at(2));
  EXPECT_EQ(fresh.take(), "delta:2 delta:3");
  Follower back, other_epoch, ahead;
  feed.subscribe(back.subscriber, Cursor{1, 1}, at(3));
  EXPECT_EQ(back.take(), "delta:2:3");
  feed.subscribe(other_epoch.subscriber, Cursor{2, 1}, at(3));
  EXPECT_EQ(other_epoch.take(), "snapshot");
  feed.subscribe(ahead.subscriber, Cursor{1, 9}, at(3));
  EXPECT_EQ(ahead.take(), "snapshot") << "it saw events that were lost";
}

TEST(CallFeed, AfterARestartNoMoreIsKeptForResumingThanBefore) {
  std::vector<Event> stored;
  for (std::size_t i = 1; i <= limits::resume_events_max + 10; ++i) {
    stored.push_back(event(static_cast<std::int64_t>(i)));
  }
  CallFeed feed(1);
  feed.restore(stored);
  Follower old, recent;
  feed.subscribe(old.subscriber, Cursor{1, 9}, at(0));
  EXPECT_EQ(old.take(), "snapshot");
  feed.subscribe(recent.subscriber, Cursor{1, stored.back().number - 2}, at(0));
  EXPECT_EQ(recent.take(), "delta:2009:2010");
}

TEST(CallFeed, ASnapshotHoldsCorrectedWordsInPlaceOfTheFirst) {
  CallFeed feed(1);
  auto first = event(1), second = event(2), corrected = event(3, event_type::utterance_revised);
  first.data["text"] = "won";
  first.unpersisted = true;
  corrected.data["utterance"] = 1;
  corrected.data["text"] = "one";
  for (auto const& each : {first, second}) feed.on_event(each, at(0));
  auto const flagged = feed.view().to_json().at("utterances").as_array();
  EXPECT_TRUE(get_bool(flagged.at(0).get_object(), "unpersisted"));
  feed.on_event(corrected, at(1));
  auto const utterances = feed.view().to_json().at("utterances").as_array();
  ASSERT_EQ(utterances.size(), 2u);
  EXPECT_EQ(utterances.at(0), boost::json::value(corrected.data));
  EXPECT_EQ(utterances.at(1), boost::json::value(second.data));
}

TEST(CallFeed, PartialsTheFirstAtOnceThenOneUpdateASecondWithBothTracks) {
  CallFeed feed(1);
  Follower follower;
  feed.subscribe(follower.subscriber, std::nullopt, at(0));
  follower.take();
  feed.on_event(partial("customer", 0), at(5000));
  EXPECT_EQ(follower.take(), "delta:p");
  feed.on_event(partial("customer", 0), at(5300));
  feed.on_event(partial("agent", 0), at(5600));
  feed.on_event(partial("agent", 0), at(5900));
  EXPECT_EQ(follower.take(), "");
  feed.on_event(partial("agent", 0), at(6000));
  EXPECT_EQ(follower.take(), "delta:p:p");
}

TEST(CallFeed, AFinalTakesItsPartialAlong) {
  CallFeed feed(1);
  Follower follower;
  feed.subscribe(follower.subscriber, std::nullopt, at(0));
  feed.on_event(partial("agent", 1), at(5000));
  follower.take();
  feed.on_event(partial("agent", 1), at(5200));
  feed.on_event(event(1), at(5300));
  EXPECT_EQ(follower.take(), "delta:1");
  feed.tick(at(6500), 0, 0, [] { return boost::json::object(); });
  EXPECT_EQ(follower.take(), "beat") << "no partial of a final that came";
}

TEST(CallFeed, ASlowSubscriberGetsTheStateByOneSnapshotAndDelaysNobody) {
  CallFeed feed(1);
  Follower slow, quick;
  feed.subscribe(slow.subscriber, std::nullopt, at(0));
  feed.subscribe(quick.subscriber, std::nullopt, at(0));
  for (std::size_t i = 1; i <= limits::subscriber_queue_max + 5; ++i) {
    feed.on_event(event(static_cast<std::int64_t>(i)), at(0));
    quick.take();
  }
  feed.tick(at(1000), 0, 0, [] { return boost::json::object(); });
  EXPECT_EQ(slow.take(), "snapshot beat");
  EXPECT_EQ(quick.take(), "beat");
}

}  // namespace
}  // namespace sotto::delivery
