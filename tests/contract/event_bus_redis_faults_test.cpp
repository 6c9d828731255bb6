// What happens to Redis happens for real: Sentinels make its replica the primary, its data are gone, a process ends
// with a new call in its hands. What the bus tells comes in order and once; what it lost stands in the log.
#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "adapters/redis/connection.h"
#include "contract/redis_server.h"

namespace sotto {

namespace {

class RedisFaults : public TwoBuses {
 protected:
  // Each number comes once and in order; some may be missing.
  std::unique_ptr<EventBus::Subscription> follow_numbers() {
    return other->bus->follow({.call = "a"}, [this](Notice const& notice) {
      auto const number = std::get<Event>(notice).number;
      if (!heard_.empty()) EXPECT_GT(number, heard_.back());
      heard_.push_back(number);
    });
  }
  // One after another, until the other process hears one of them, and no trouble is left.
  void tell_until_heard(std::chrono::seconds patience = std::chrono::seconds(20)) {
    auto const before = heard_.size();
    auto next = std::chrono::steady_clock::now();
    until(
        [&] {
          if (auto const now = std::chrono::steady_clock::now(); now >= next) {
            one->bus->publish(event("a", ++told_));
            next = now + std::chrono::milliseconds(20);
          }
          return heard_.size() > before && one->bus->trouble().empty() && other->bus->trouble().empty();
        },
        patience);
  }
  // All of some, when nothing is wrong.
  void expect_heard_whole() {
    auto const first = told_ + 1;
    for (int i = 0; i < 50; ++i) one->bus->publish(event("a", ++told_));
    until([&] { return heard_.back() == told_; });
    ASSERT_GE(heard_.size(), 50u);
    EXPECT_EQ(heard_[heard_.size() - 50], first);
  }

  std::int64_t told_ = 0;
  std::vector<std::int64_t> heard_;
};

// --- a primary, its replica, and three Sentinels, of which two decide ---

class RedisSentinel : public RedisFaults {
 protected:
  void SetUp() override {
    if (auto const why = RedisServer::missing(); !why.empty()) GTEST_SKIP() << why;
    auto const of = RedisServer::free_port();
    primary_place_ = fmt::format("127.0.0.1:{}", of);
    primary_ = std::make_unique<RedisServer>(tcp(of));
    auto const port = RedisServer::free_port();
    replica_place_ = fmt::format("127.0.0.1:{}", port);
    replica_ = std::make_unique<RedisServer>(fmt::format("{} --replicaof 127.0.0.1 {}", tcp(port), of));
    until([&] { return ask_redis(replica_->settings(), {"INFO"}).text.contains("master_link_status:up"); });
    for (auto& sentinel : sentinels_) {
      settings_.sentinels.push_back(fmt::format("127.0.0.1:{}", RedisServer::free_port()));
      auto const& place = settings_.sentinels.back();
      sentinel = std::make_unique<RedisServer>(fmt::format("{} {}", place.substr(place.find(':') + 1), of), "sentinel");
    }
    until([&] { return std::ranges::all_of(settings_.sentinels, [](auto const& place) { return knows(place); }); });
    connect(settings_);
  }
  static std::string tcp(int port) {
    return fmt::format("--port {} --bind 127.0.0.1 --repl-diskless-sync-delay 0", port);
  }
  // Whether a Sentinel knows the two others and the replica.
  static bool knows(std::string const& place) {
    return ask_redis(RedisServer::at(place), {"SENTINEL", "CKQUORUM", "mymaster"}).text.starts_with("OK 3 usable") &&
           ask_redis(RedisServer::at(place), {"SENTINEL", "REPLICAS", "mymaster"}).list.size() == 1;
  }
  // A new call comes to whoever takes new calls.
  void expect_new_call_is_taken(std::string const& call) {
    std::map<std::string, int> taken;
    auto const taker = other->bus->take_new([&](Notice const& notice) { ++taken[std::get<Event>(notice).call]; });
    auto next = std::chrono::steady_clock::now();
    int calls = 0;  // the group may not stand when the first ones are told
    until([&] {
      if (auto const now = std::chrono::steady_clock::now(); now >= next) {
        one->bus->publish(started(fmt::format("{}-{}", call, ++calls)));
        next = now + std::chrono::milliseconds(200);
      }
      return !taken.empty();
    });
    for (auto const& [id, times] : taken) EXPECT_EQ(times, 1) << id;
  }

  BusSettings settings_;
  std::string primary_place_, replica_place_;
  std::unique_ptr<RedisServer> primary_, replica_;
  std::array<std::unique_ptr<RedisServer>, 3> sentinels_;
};

TEST_F(RedisSentinel, AReplicaThatIsMadeThePrimaryIsUsedAndNothingIsToldTwiceOrOutOfOrder) {
  auto const follower = follow_numbers();
  tell_until_heard();
  expect_heard_whole();
  expect_new_call_is_taken("before");
  // The Sentinel that is asked first goes too: the next one is asked.
  sentinels_[0]->kill();
  primary_->kill();
  until([&] {
    one->bus->publish(event("a", ++told_));
    return !one->bus->trouble().empty() && !other->bus->trouble().empty();
  });
  EXPECT_EQ(look_every(*other->bus), limits::kLookInTrouble) << "what is told meanwhile is read in the log";
  tell_until_heard(std::chrono::seconds(60));
  expect_heard_whole();
  EXPECT_TRUE(ask_redis(replica_->settings(), {"INFO"}).text.contains("role:master"));
  expect_new_call_is_taken("after");
}

// The old primary lives on as a replica of the new one: who keeps his connection to it can write nothing.
TEST_F(RedisSentinel, ASwitchOverThatIsAskedForIsFollowed) {
  auto const follower = follow_numbers();
  tell_until_heard();
  EXPECT_EQ(ask_redis(RedisServer::at(settings_.sentinels[1]), {"SENTINEL", "FAILOVER", "mymaster"}).text, "OK");
  until(
      [&] {
        return ask_redis(replica_->settings(), {"INFO"}).text.contains("role:master") &&
               ask_redis(primary_->settings(), {"INFO"}).text.contains("role:slave");
      },
      std::chrono::seconds(60));
  tell_until_heard(std::chrono::seconds(60));
  expect_heard_whole();
  expect_new_call_is_taken("after");
}

TEST_F(RedisSentinel, WhatIsWrongWithTheSentinelsIsSaid) {
  auto const open = [](BusSettings const& settings) {
    auto const opened = redis::Connection::open(settings, std::chrono::seconds(3));
    return opened ? "" : opened.error().message;
  };
  auto unknown = settings_;
  unknown.master = "another";
  EXPECT_TRUE(open(unknown).contains("knows no master \"another\"")) << open(unknown);
  auto gone = settings_;
  gone.sentinels = {"127.0.0.1:1", "127.0.0.1:2"};
  EXPECT_TRUE(open(gone).contains("refused")) << open(gone);
  auto some = settings_;
  some.sentinels.insert(some.sentinels.begin(), "127.0.0.1:1");
  EXPECT_EQ(open(some), "") << "one that is there is enough";
}

// --- its data ---

TEST_F(RedisFaults, ADataFolderThatIsDeletedCostsWhatWasOnItsWay) {
  server = std::make_unique<RedisServer>("--appendonly yes");
  connect(server->settings());
  auto const entries = [&] {
    std::int64_t sum = 0;
    for (int shard = 0; shard < redis::RedisBus::kShards; ++shard)
      sum += ask_redis(server->settings(), {"XLEN", fmt::format("{{sotto:test}}:calls:{}", shard)}).integer;
    return sum;
  };
  auto const follower = follow_numbers();
  tell_until_heard();
  expect_heard_whole();
  auto const before = entries();
  server->kill();
  server->start();
  EXPECT_EQ(entries(), before) << "it has them on its disk";
  tell_until_heard();
  expect_heard_whole();
  server->kill();
  server->delete_folder();
  server->start();
  EXPECT_LT(entries(), before) << "nothing is left of them";
  tell_until_heard();
  expect_heard_whole();
}

// --- a new call in the hands of a process that ends ---

class RedisNewCalls : public RedisFaults {
 protected:
  redis::Reply ask(redis::Command const& command) { return ask_redis(server->settings(), command); }
  // Of those that were given to a process and not acknowledged: id, process, how long ago, how often.
  std::vector<redis::Reply> given() { return ask({"XPENDING", kStream, "guidance", "-", "+", "10"}).list; }

  static constexpr auto kStream = "{sotto:test}:new";
};

TEST_F(RedisNewCalls, WhatAKilledProcessReadAndDidNotAcknowledgeIsGivenToAnother) {
  auto third = std::make_unique<BusProcess>(server->settings(), "third", key);
  std::map<std::string, std::vector<std::string>> taken;
  auto const taker = [&](std::string const& name) {
    return [&taken, name](Notice const& notice) { taken[std::get<Event>(notice).call].push_back(name); };
  };
  auto by_third = third->bus->take_new(taker("third"));
  until([&] { return ask({"XINFO", "GROUPS", kStream}).list.size() == 1; });
  one->bus->publish(started("c1"));
  // It has read the call, and its loop has not come to it yet.
  until([&] { return given().size() == 1; });
  EXPECT_EQ(given()[0].list.at(1).text, "third");
  by_third.reset();
  third.reset();
  ASSERT_TRUE(taken.empty());
  ASSERT_EQ(given().size(), 1u) << "nobody says that it is done";
  auto const by_other = other->bus->take_new(taker("other"));
  one->bus->publish(started("c2"));
  until([&] { return taken.contains("c2"); });
  EXPECT_FALSE(taken.contains("c1")) << "the process may only be slow";
  // Time goes by: it was given so much earlier.
  ask({"XCLAIM", kStream, "guidance", "third", "0", given().at(0).list.at(0).text, "IDLE", "60000", "JUSTID"});
  until([&] { return taken.contains("c1") && given().empty(); });
  EXPECT_EQ(taken["c1"], std::vector<std::string>{"other"});
  EXPECT_EQ(taken["c2"], std::vector<std::string>{"other"});
}

}  // namespace

}  // namespace sotto
