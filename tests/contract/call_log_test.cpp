// The contract of the log against SQLite and the scripted one; what is SQLite's alone.
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "adapters/sqlite/schema.sql.h"
#include "call/event_codec.h"
#include "contract/call_index_contract.h"
#include "contract/call_log_contract.h"
#include "contract/call_log_followers.h"
#include "contract/sqlite_log_fixture.h"
#include "support/manual_executor.h"
#include "support/scripted_log.h"

namespace sotto {

class ScriptedLogFixture {
 public:
  CallLog& log() { return log_; }
  CallIndex& index() { return log_; }
  ManualClock& clock() { return clock_; }
  template <typename Done>
  void run_until(Done) {
    executor_.run_all();
  }
  void reopen() { log_.reopen(); }
  void spoil(std::string const& call, std::int64_t number) { log_.spoil(call, number); }
  void hold() { log_.held = true; }
  void let_go() { log_.let_go(); }
  void fail_commits(int times) { log_.failures = times; }

 private:
  ManualClock clock_;
  ManualExecutor executor_;
  ScriptedLog log_{executor_, clock_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Scripted, CallLogContract, ScriptedLogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, CallLogContract, SqliteLogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Scripted, CallLogFollowers, ScriptedLogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, CallLogFollowers, SqliteLogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Scripted, CallIndexContract, ScriptedLogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, CallIndexContract, SqliteLogFixture);

TEST(ScriptedLog, AnUnclearBatchIsStoredAndItsAnswerSaysItIsNot) {
  ManualClock clock;
  ManualExecutor executor;
  ScriptedLog log(executor, clock);
  log.unclear = 1;
  Append const opening{.lease = {"c1", Part::speech, 1},
                       .opening = Opening{{.id = "c1", .tracks = {}, .format = {}}, "d", "w1"}};
  std::vector<bool> answers;
  for (int i = 0; i < 2; ++i) log.append(opening, [&](auto result) { answers.push_back(result.has_value()); });
  executor.run_all();
  EXPECT_EQ(answers, (std::vector<bool>{false, true}));
  EXPECT_EQ(log.appended, 1);
}

namespace {

class SqliteLogTest : public CallLogContract<SqliteLogFixture> {};

TEST_F(SqliteLogTest, OneProcessAFolder) {
  ManualExecutor executor;
  EXPECT_EQ(sqlite::SqliteLog::open(fixture.folder(), executor, fixture.clock(), fixture.keys()).error().code,
            "store_in_use");
}

// What an earlier version kept in a queue of its own.
TEST_F(SqliteLogTest, RequestsOfAnEarlierVersionThatWaitAreFollowedAndNoOthers) {
  auto const folder = fixture.folder() / "earlier";
  std::filesystem::create_directories(folder);
  {
    auto database = sqlite::Database::open(folder / "sotto.db", false);
    ASSERT_TRUE(database);
    int version = 0;
    for (; version < 5; ++version) ASSERT_TRUE((*database)->execute(sqlite::kMigrations[version]));
    ASSERT_TRUE((*database)->execute(fmt::format("PRAGMA user_version = {}", version).c_str()));
    auto const add = [&](std::string const& sql) { ASSERT_TRUE((*database)->execute(sql.c_str())) << sql; };
    add(
        fmt::format("INSERT INTO calls(id, tenant, started_us, info, resume_digest, live) VALUES('c1', 'demo', 1, "
                    "'{}', 'd', 0)",
                    boost::json::serialize(to_json(info("c1")))));
    // 0: pending, 1: delivered, 2: given up
    std::vector<std::pair<std::string, int>> const asked{{"crm", 1}, {"pager", 1}, {"crm", 0}, {"crm", 2}, {"crm", 0}};
    for (std::int64_t number = 1; auto const& [name, state] : asked) {
      Event const event{.call = "c1",
                        .tenant = "demo",
                        .number = number,
                        .time = {},
                        .body = WebhookRequested{.id = std::to_string(number), .webhook = name}};
      add(
          fmt::format("INSERT INTO events(call, number, type, time_us, body) VALUES('c1', {0}, "
                      "'sotto.webhook.requested', 0, '{1}'); INSERT INTO webhooks(name, call, number, state) "
                      "VALUES('{2}', 'c1', {0}, {3})",
                      number, boost::json::serialize(to_cloud_event(event)), name, state));
      ++number;
    }
  }
  fixture.reopen(folder);
  auto const numbers = [this](std::string const& consumer) {
    std::vector<std::int64_t> out;
    for (auto const& one : follow({.consumer = consumer, .types = {Fields<WebhookRequested>::type}}))
      out.push_back(one.event.number);
    return out;
  };
  EXPECT_EQ(consumers(), (std::vector<std::string>{"webhook/crm", "webhook/pager"}));
  EXPECT_EQ(numbers("webhook/crm"), (std::vector<std::int64_t>{3, 5}));
  EXPECT_EQ(numbers("webhook/pager"), (std::vector<std::int64_t>{3, 4, 5})) << "behind its own";
}

// A store that an earlier version wrote: no parts, no order over all calls.
TEST_F(SqliteLogTest, CallsOfAnEarlierVersionGoOnAndNothingOfThemIsJudgedAgain) {
  auto const folder = fixture.folder() / "earlier";
  std::filesystem::create_directories(folder);
  {
    auto database = sqlite::Database::open(folder / "sotto.db", false);
    ASSERT_TRUE(database);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE((*database)->execute(sqlite::kMigrations[i]));
    for (int i = 1; i <= 2; ++i) {
      Event const event{.call = fmt::format("c{}", i), .tenant = "demo", .number = 1, .time = {}, .body = Moment{}};
      auto described = info(event.call);
      described.team = i == 1 ? "sales" : "help";
      described.agent = "ann";
      auto const add = fmt::format(
          "INSERT INTO calls(id, tenant, started_us, info, resume_digest, live) VALUES('c{0}', 'demo', {0}, '{1}', "
          "'d', "
          "{2}); INSERT INTO tracks VALUES('c{0}', 0, 0); INSERT INTO events VALUES('c{0}', 1, 't', 0, '{3}', -1);",
          i, boost::json::serialize(to_json(described)), i - 1, boost::json::serialize(to_cloud_event(event)));
      ASSERT_TRUE((*database)->execute(add.c_str()));
    }
    ASSERT_TRUE((*database)->execute("PRAGMA user_version = 3"));
  }
  fixture.reopen(folder);
  for (auto const& [scope, id] :
       {std::pair(Scope{.tenant = "demo", .region = "", .team = "sales"}, "c1"),
        std::pair(Scope{.tenant = "demo", .region = "", .team = "help", .agent = "ann"}, "c2")}) {
    auto const of_team = list({.scope = scope});
    ASSERT_EQ(of_team.size(), 1u) << id;
    EXPECT_EQ(of_team[0].info.id, id);
  }
  auto const speech = claim(Part::speech), guidance = claim(Part::guidance);
  ASSERT_EQ(speech.size(), 1u) << "the other has ended";
  ASSERT_EQ(guidance.size(), 1u);
  EXPECT_EQ(speech[0].info.id, "c2");
  EXPECT_EQ(speech[0].batch, 0);
  EXPECT_EQ(guidance[0].consumed, 1);
  EXPECT_EQ(append({.lease = speech[0].lease, .events = {said("on")}}), 2);
  EXPECT_EQ(follow().size(), 3u);
}

// What stands in a row is not what was written there, or was written elsewhere.
TEST_F(SqliteLogTest, ARowThatWasChangedOrMovedIsNoticedAndItsCallSetAside) {
  int spoilt = 0;
  for (char const* sql :
       {"UPDATE events SET body = substr(body, 1, 40) WHERE call = '{0}' AND number = 2",
        "UPDATE events SET body = CAST(substr(body, 1, 30) || x'00' || substr(body, 32) AS BLOB) WHERE call = '{0}' "
        "AND "
        "number = 2",
        "UPDATE events SET body = (SELECT body FROM events WHERE call = '{0}' AND number = 1) WHERE call = '{0}' AND "
        "number = 2",
        "UPDATE events SET body = (SELECT body FROM events WHERE call = 'good' AND number = 2) WHERE call = '{0}' AND "
        "number = 2",
        "UPDATE events SET time_us = time_us + 1 WHERE call = '{0}' AND number = 3",
        "DELETE FROM events WHERE call = '{0}' AND number = 2", "UPDATE calls SET info = 'x' WHERE id = '{0}'",
        "UPDATE calls SET info = (SELECT info FROM calls WHERE id = 'good') WHERE id = '{0}'",
        "UPDATE calls SET key = (SELECT key FROM calls WHERE id = 'good') WHERE id = '{0}'",
        "UPDATE ledger SET coverage = 0 WHERE call = '{0}'", "UPDATE ledger SET past = first - 1 WHERE call = '{0}'"}) {
    auto const bad = fmt::format("bad{}", ++spoilt);
    for (auto const& id : {std::string("good"), bad}) {
      auto batch = opening(id, "d", spoilt);
      batch.events = {said("a"), said("b"), said("c")};
      batch.tracks = {decided(0, 800)};
      ASSERT_TRUE(append(batch));
    }
    fixture.change(fmt::format(fmt::runtime(sql), bad));
    EXPECT_EQ(load(bad).error().code, "damaged") << sql;
    fixture.reopen();
    auto const claimed = claim(Part::speech);
    ASSERT_EQ(claimed.size(), 1u) << sql;
    EXPECT_EQ(claimed[0].info.id, "good");
    EXPECT_TRUE(claim(Part::speech).empty()) << sql;
    EXPECT_TRUE(renew({}).empty());
    EXPECT_EQ(fixture.log().damaged(), 1u) << sql;
    EXPECT_TRUE(load("good")) << sql;
    fixture.reopen(fixture.folder() / "next");
  }
}

TEST_F(SqliteLogTest, AKeyThatIsGoneDamagesItsCallAlone) {
  for (std::string const id : {"c1", "c2"}) ASSERT_TRUE(append(opening(id)));
  ASSERT_TRUE(fixture.keys().destroy(fixture.keys().all()->front()));
  EXPECT_EQ(load("c1").has_value() + load("c2").has_value(), 1);
  EXPECT_EQ(claim(Part::guidance).size(), 1u);
  int damaged = 0;
  for (auto const& call : list()) damaged += !call.damaged.empty();
  EXPECT_EQ(damaged, 1);
}

TEST_F(SqliteLogTest, TheNewestEventTellsWhereTimeGoesOn) {
  EXPECT_EQ(*fixture.log().newest_event(), Time());
  auto batch = opening();
  batch.events.push_back({.time = Time(Duration(3'000'000)), .body = Moment{}});
  ASSERT_TRUE(append(batch));
  EXPECT_EQ(*fixture.log().newest_event(), Time(Duration(3'000'000)));
}

// A look-up does not stand behind a long read, whoever asked first.
TEST_F(SqliteLogTest, ACallIsFoundWhileALongOneIsRead) {
  ASSERT_TRUE(append(opening()));
  auto batch = speech(2, std::vector<std::string>(20'000, "so many words that they take long to be read"));
  ASSERT_TRUE(append(batch));
  std::vector<std::string> order;
  fixture.index().load("c1", [&](auto) { order.push_back("load"); });
  fixture.index().find("c1", [&](auto) { order.push_back("find"); });
  fixture.run_until([&] { return order.size() == 2; });
  EXPECT_EQ(order, (std::vector<std::string>{"find", "load"}));
}

}  // namespace

}  // namespace sotto
