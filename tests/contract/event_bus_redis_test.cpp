// Two processes and one real Redis between them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "adapters/redis/notice_codec.h"
#include "call/event_codec.h"
#include "contract/redis_server.h"

namespace sotto {

namespace {

class RedisBusTest : public TwoBuses {};

TEST_F(RedisBusTest, WhatOneProcessTellsTheOtherHearsInOrderAndWhole) {
  std::vector<Notice> heard;
  auto const follower = other->bus->follow({.call = "a"}, [&](Notice const& notice) { heard.push_back(notice); });
  for (int number = 0; number < 300; ++number) {
    one->bus->publish(event("a", number, "words"));
    one->bus->publish(event("b", number));
  }
  one->bus->publish(Beat{
      .call = "a", .tenant = "demo", .media_ms = 20, .lag_ms = 3, .coverage = {{{Track::agent, {.final_ms = 4}}}}});
  until([&] { return heard.size() >= 301; });
  one->bus->publish(Erased{.call = "a", .tenant = "demo"});
  until([&] { return heard.size() >= 302; });
  ASSERT_EQ(heard.size(), 302u);
  for (int number = 0; number < 300; ++number) {
    auto const& got = std::get<Event>(heard[static_cast<std::size_t>(number)]);
    ASSERT_EQ(got.number, number);
    EXPECT_EQ(words_of(got)->text, "words");
    EXPECT_EQ(got.time, event("a", number).time);
    EXPECT_EQ(got.stamps.spoken, Time(Duration(5)));
    EXPECT_EQ(got.tenant, "demo");
  }
  auto const& beat = std::get<Beat>(heard[300]);
  EXPECT_EQ(beat.media_ms, 20);
  EXPECT_EQ(beat.lag_ms, 3);
  EXPECT_EQ(beat.coverage->at(Track::agent).final_ms, 4);
  EXPECT_EQ(std::get<Erased>(heard[301]).call, "a");
}

TEST_F(RedisBusTest, ItsOwnNoticesAreToldOnce) {
  int heard = 0, marks = 0;
  auto const follower = one->bus->follow({.call = "a"}, [&](Notice const&) { ++heard; });
  auto const mark = one->bus->follow({.call = "mark"}, [&](Notice const&) { ++marks; });
  one->bus->publish(event("a", 1));
  EXPECT_EQ(heard, 1) << "at once";
  other->bus->publish(event("mark", 1));
  until([&] { return marks > 0; });
  EXPECT_EQ(heard, 1);
}

TEST_F(RedisBusTest, ACommandReachesTheOwnerInTheOtherProcessAndItsAnswerComesBack) {
  std::vector<std::string> asked;
  auto const owner = other->bus->serve("a", Part::guidance, [&](CallCommand command, Then<void> then) {
    asked.push_back(std::get<TickByHand>(std::get<GuideCommand>(command)).reason);
    if (asked.size() == 1) then({});
    else then(fail("no_such_item", "none of that name"));
  });
  std::vector<std::string> answers;
  auto const note = [&](Result<void> answer) {
    answers.push_back(answer ? "done" : answer.error().code + ": " + answer.error().message);
  };
  one->bus->send("a", GuideCommand(TickByHand{"item", "because"}), note);
  until([&] { return answers.size() == 1; });
  one->bus->send("a", GuideCommand(TickByHand{"item", "again"}), note);
  until([&] { return answers.size() == 2; });
  one->bus->send("a", SpeechCommand(StopListening{}), note);
  until([&] { return answers.size() == 3; });
  EXPECT_EQ(asked, (std::vector<std::string>{"because", "again"}));
  EXPECT_EQ(answers,
            (std::vector<std::string>{"done", "no_such_item: none of that name", "not_live: nobody carries the call"}));
}

TEST_F(RedisBusTest, ANewCallIsTakenByOneOfThoseWhoTakeCalls) {
  auto third = std::make_unique<BusProcess>(server->settings(), "third", key);
  std::map<std::string, int> taken;
  auto const take = [&](Notice const& notice) { ++taken[std::get<Event>(notice).call]; };
  auto const by_other = other->bus->take_new(take), by_third = third->bus->take_new(take);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // the group stands
  for (int call = 0; call < 20; ++call) one->bus->publish(started(fmt::format("c{}", call)));
  until([&] {
    third->executor.run_all();
    return taken.size() == 20;
  });
  for (auto const& [call, times] : taken) EXPECT_EQ(times, 1) << call;
}

TEST_F(RedisBusTest, ARedisThatIsKilledAndComesBackEmptyIsUsedAgain) {
  std::vector<std::int64_t> heard;
  auto const follower =
      other->bus->follow({.call = "a"}, [&](Notice const& notice) { heard.push_back(std::get<Event>(notice).number); });
  one->bus->publish(event("a", 1));
  until([&] { return heard.size() == 1; });
  EXPECT_EQ(one->bus->trouble(), "");
  EXPECT_FALSE(look_every(*one->bus) == limits::kLookInTrouble);
  server->kill();
  one->bus->publish(event("a", 2));
  until([&] { return !one->bus->trouble().empty() && !other->bus->trouble().empty(); });
  EXPECT_EQ(look_every(*other->bus), limits::kLookInTrouble);
  bool refused = false;
  one->bus->send("a", SpeechCommand(StopListening{}), [&](Result<void> answer) { refused = !answer; });
  EXPECT_TRUE(refused) << "at once";
  server->start();
  until([&] {
    one->bus->publish(event("a", 3));
    return heard.size() > 1;
  });
  EXPECT_EQ(heard.at(1), 3) << "what was told meanwhile stands in the log";
  until([&] { return one->bus->trouble().empty() && other->bus->trouble().empty(); });
}

TEST_F(RedisBusTest, FlushedStreamsGoOn) {
  std::vector<std::int64_t> heard;
  auto const follower =
      other->bus->follow({.call = "a"}, [&](Notice const& notice) { heard.push_back(std::get<Event>(notice).number); });
  one->bus->publish(event("a", 1));
  until([&] { return heard.size() == 1; });
  ASSERT_EQ(server->script("cli", "FLUSHALL"), 0);
  one->bus->publish(event("a", 2));
  until([&] { return heard.size() == 2; });
  EXPECT_EQ(heard, (std::vector<std::int64_t>{1, 2}));
}

TEST_F(RedisBusTest, NoWordStandsInRedisAndWhatWasTakenBackIsCut) {
  int heard = 0;
  auto const follower = other->bus->follow({.call = "a"}, [&](Notice const&) { ++heard; });
  one->bus->publish(event("a", 1, "a canary that sings"));
  until([&] { return heard == 1; });
  auto const settings = server->settings();
  auto const connection = redis::Connection::open(settings, std::chrono::seconds(3));
  ASSERT_TRUE(connection);
  std::size_t entries = 0;
  auto const all = [&] {
    std::string out;
    entries = 0;
    for (int shard = 0; shard < redis::RedisBus::kShards; ++shard) {
      auto const rows = (*connection)->ask({"XRANGE", fmt::format("{{sotto:test}}:calls:{}", shard), "-", "+"});
      EXPECT_TRUE(rows);
      for (auto const& row : rows->list) {
        for (auto const& field : row.list.at(1).list) out += field.text + "\n";
        if (row.list.at(1).list.size() > 5 && row.list[1].list[5].text == "a") ++entries;
      }
    }
    return out;
  };
  auto const stored = all();
  EXPECT_EQ(entries, 1u);
  EXPECT_EQ(stored.find("canary"), std::string::npos);
  one->bus->publish(Event{.call = "a", .tenant = "demo", .number = 2, .time = {}, .body = EventRedacted{.number = 1}});
  until([&] { return heard == 2; });
  until([&] { return all(), entries == 1; });
}

TEST(RedisNotices, EveryCommandIsReadAsItWasWritten) {
  for (CallCommand const& command :
       {CallCommand(SpeechCommand(PauseListening{"api"})), CallCommand(SpeechCommand(ResumeListening{"source"})),
        CallCommand(SpeechCommand(StopListening{})), CallCommand(SpeechCommand(ForgetWords{Track::agent, 4})),
        CallCommand(SpeechCommand(ExpectTerms{{"Odette", "Zephyrion"}})), CallCommand(SpeechCommand(LetGo{"d"})),
        CallCommand(GuideCommand(CueDisplayed{})), CallCommand(GuideCommand(Dismiss{"q"})),
        CallCommand(GuideCommand(TickByHand{"i", "r"})), CallCommand(GuideCommand(UntickByHand{"i", "r"}))}) {
    auto const read = redis::decode_command(redis::encode(command));
    ASSERT_TRUE(read);
    EXPECT_EQ(redis::encode(*read), redis::encode(command));
  }
  EXPECT_EQ(redis::decode_command(R"({"do": "dance"})").error().code, "bad_command");
  EXPECT_FALSE(redis::decode_notice("{}"));
  EXPECT_FALSE(redis::decode_notice("no json"));
}

}  // namespace

}  // namespace sotto
