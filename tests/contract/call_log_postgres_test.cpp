// The contract of the log against PostgreSQL, directly and through PgBouncer; what is PostgreSQL's alone.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/json/serialize.hpp>

#include "adapters/postgres/schema.sql.h"
#include "adapters/postgres/store.h"
#include "call/event_codec.h"
#include "contract/call_index_contract.h"
#include "contract/call_log_contract.h"
#include "contract/call_log_followers.h"
#include "contract/postgres_log_fixture.h"

namespace sotto {

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, CallLogContract, PostgresLogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, CallLogFollowers, PostgresLogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, CallIndexContract, PostgresLogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(PgBouncer, CallLogContract, PgBouncerLogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(PgBouncer, CallLogFollowers, PgBouncerLogFixture);

namespace {

using postgres::Connection;

class PostgresLogTest : public CallLogContract<PostgresLogFixture> {
 protected:
  std::unique_ptr<Connection> connect(std::string const& role = "sotto") {
    auto connection = Connection::open(fixture.address(role), std::chrono::seconds(10));
    CHECK(connection);
    return std::move(*connection);
  }
  // Of each statement the first value of its last answer, as another program would ask.
  std::string sql(std::string const& text, std::string const& role = "owner") {
    auto const rows = connect(role)->run(std::array{postgres::Query{text}});
    if (!rows) return rows.error().message;
    return rows->back().size() > 0 ? rows->back().text(0, 0) : "";
  }
};

TEST_F(PostgresLogTest, AFollowerWaitsForATransactionThatBeganBeforeAndCommitsLast) {
  ASSERT_TRUE(append(opening("c1")));
  ASSERT_EQ(follow().size(), 1u);
  auto const other = connect("owner");
  // Another process has its place, and has not committed.
  ASSERT_TRUE(other->execute(
      "BEGIN; INSERT INTO sotto.events(sequence, call, tenant, number, type, time_us, body) SELECT (base + "
      "pg_current_xact_id()::text::bigint) * 1048576, 'c1', 'demo', 99, 't', 7, '' FROM sotto.store"));
  ASSERT_TRUE(append(opening("c2")));
  EXPECT_EQ(read("c2")->size(), 1u) << "its call is read as ever";
  EXPECT_EQ(follow().size(), 1u) << "its place is behind one that may still come";
  ASSERT_TRUE(other->execute("ROLLBACK"));
  auto const all = follow();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].event.call, "c2");
}

TEST_F(PostgresLogTest, TwoProcessesAppendToOneCallAndNumbersAreConsecutive) {
  ManualExecutor executor;
  auto const other = postgres::PostgresLog::open(fixture.address(), "test", executor, fixture.now(), fixture.keys());
  ASSERT_TRUE(other);
  ASSERT_TRUE(append(opening()));
  auto const guide = claim(Part::guidance, "w3").at(0);
  int done = 0;
  for (std::int64_t batch = 1; batch <= 50; ++batch) {
    (*other)->append({.lease = guide.lease, .batch = batch, .events = {said("g")}}, [&](auto result) {
      EXPECT_TRUE(result);
      ++done;
    });
    fixture.log().append(speech(batch + 1, {"s"}), [&](auto result) {
      EXPECT_TRUE(result);
      ++done;
    });
    executor.run_until(
        [&] {
          fixture.executor().run_all();
          return done == 2 * batch;
        },
        std::chrono::seconds(0));
    while (done < 2 * batch) {
      executor.run_all();
      fixture.executor().run_all();
    }
  }
  auto const events = read();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 101u);
  for (std::size_t i = 0; i < events->size(); ++i) EXPECT_EQ((*events)[i].number, static_cast<std::int64_t>(i) + 1);
}

TEST_F(PostgresLogTest, ALostConnectionIsMadeAnewAndNothingIsDoubled) {
  ASSERT_TRUE(append(opening()));
  for (std::int64_t batch = 2; batch < 8; ++batch) {
    fixture.change("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sotto'");
    auto first = append(speech(batch, {"a"}));
    if (!first) first = append(speech(batch, {"a"}));
    EXPECT_EQ(first, batch);
    EXPECT_TRUE(read()) << "a reader finds out by itself";
    EXPECT_EQ(list().size(), 1u);
  }
  EXPECT_EQ(texts().size(), 7u);
}

TEST_F(PostgresLogTest, WithoutAFreeConnectionNothingIsStoredAndItIsSaid) {
  ASSERT_TRUE(append(opening()));
  fixture.change("ALTER ROLE sotto CONNECTION LIMIT 0");
  fixture.change("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sotto'");
  Result<std::int64_t> refused = append(speech(2, {"a"}));
  if (!refused) refused = append(speech(2, {"a"}));
  fixture.change("ALTER ROLE sotto CONNECTION LIMIT -1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "store_failed");
  EXPECT_NE(refused.error().message.find("too many connections"), std::string::npos) << refused.error().message;
  EXPECT_EQ(append(speech(2, {"a"})), 2);
}

// What the server does not take at all must not take others along.
TEST_F(PostgresLogTest, ABatchThatCannotBeWrittenFailsAloneInItsGroup) {
  for (std::string const id : {"c1", "c2"}) ASSERT_TRUE(append(opening(id)));
  auto bad = speech(2, {"a"});
  bad.tracks = {decided(0, 800)};
  bad.tracks[0].rows[0].reason = std::string("no\0text", 7);
  auto good = speech(2, {"b"});
  good.lease.call = "c2";
  fixture.hold();
  std::map<std::string, Result<std::int64_t>> answers;
  fixture.log().append(speech(2, {"held"}), [&](auto result) { answers.emplace("held", result); });
  bad.batch = 3;
  fixture.log().append(bad, [&](auto result) { answers.emplace("bad", result); });
  fixture.log().append(good, [&](auto result) { answers.emplace("good", result); });
  fixture.let_go();
  fixture.run_until([&] { return answers.size() == 3; });
  EXPECT_TRUE(answers.at("held"));
  EXPECT_FALSE(answers.at("bad"));
  EXPECT_TRUE(answers.at("good"));
  EXPECT_EQ(texts(), (std::vector<std::string>{"started", "held"}));
}

TEST_F(PostgresLogTest, PlacesGoOnGrowingInAServerThatIsYounger) {
  ASSERT_TRUE(append(opening("c1")));
  fixture.log().settle("f", 1, follow().back().sequence);
  fixture.change("UPDATE sotto.events SET sequence = sequence + (1::bigint << 50)");
  auto const moved = sql("SELECT max(sequence)::text FROM sotto.events");
  fixture.reopen();
  ASSERT_TRUE(append(opening("c2")));
  auto const all = follow("another");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(std::to_string(all[0].sequence), moved);
  EXPECT_GT(all[1].sequence, all[0].sequence);
}

TEST_F(PostgresLogTest, NoWordStandsInAnyFileOfTheServer) {
  auto batch = opening("c1");
  batch.opening->info.metadata = {{"name", "canary-of-metadata"}};
  for (int i = 0; i < 50; ++i) batch.events.push_back(said("canary-of-words"));
  ASSERT_TRUE(append(batch));
  auto const guide = claim(Part::guidance).at(0);
  ASSERT_TRUE(append({.lease = guide.lease, .consumed = 1, .snapshot = "canary-of-snapshot"}));
  EXPECT_TRUE(redact("c1", 2, "hidden"));
  fixture.change("CREATE TABLE sotto.control AS SELECT 'canary-of-control' AS word");
  fixture.change("CHECKPOINT");
  bool control = false;
  std::size_t files = 0;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(fixture.server().folder() / "data")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::string const bytes{std::istreambuf_iterator(in), std::istreambuf_iterator<char>()};
    ++files;
    control = control || bytes.contains("canary-of-control");
    for (std::string const word : {"canary-of-words", "canary-of-metadata", "canary-of-snapshot"})
      EXPECT_FALSE(bytes.contains(word)) << word << " in " << entry.path();
  }
  EXPECT_TRUE(control) << "what is not sealed is found in " << files << " files";
}

// --- the border between tenants ---

TEST_F(PostgresLogTest, ATransactionSeesAndWritesTheRowsOfItsTenantAlone) {
  auto ours = opening("c1");
  ours.opening->info.tenant = "acme";
  ours.tracks = {decided(0, 800)};
  ASSERT_TRUE(append(ours));
  ASSERT_TRUE(append(opening("c2")));
  auto const connection = connect();
  auto const count = [&](std::string const& tenant, std::string const& table) {
    auto const rows = connection->run(
        std::array{postgres::Query{"BEGIN"},
                   postgres::Query{"SELECT set_config('sotto.tenant', $1, true)", postgres::Params(tenant)},
                   postgres::Query{"SELECT count(*) FROM sotto." + table}, postgres::Query{"COMMIT"}});
    CHECK(rows);
    return rows->at(2).integer(0, 0);
  };
  for (std::string const table : {"calls", "parts", "tracks", "ledger", "events"}) {
    EXPECT_EQ(count("", table), 0) << table;
    EXPECT_EQ(count("other", table), 0) << table;
    EXPECT_GT(count("acme", table), 0) << table;
    EXPECT_LT(count("acme", table), count("*", table) + (table == "ledger" ? 1 : 0)) << table;
  }
  auto const outside = connection->run(std::array{postgres::Query{"SELECT count(*) FROM sotto.calls"}});
  ASSERT_TRUE(outside);
  EXPECT_EQ(outside->front().integer(0, 0), 0) << "who does not say whose sees nothing";
  auto const written = connection->run(
      std::array{postgres::Query{"BEGIN"}, postgres::Query{"SELECT set_config('sotto.tenant', 'other', true)"},
                 postgres::Query{"INSERT INTO sotto.tracks VALUES ('c1', 'acme', 5, 0)"}, postgres::Query{"COMMIT"}});
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("row-level security"), std::string::npos) << written.error().message;
  EXPECT_EQ(list({.scope = {.tenant = "acme"}}).size(), 1u);
}

// --- the store as a whole ---

class PostgresStore : public testing::Test {
 protected:
  void SetUp() override {
    if (auto const why = PostgresServer::missing(); !why.empty()) GTEST_SKIP() << why;
  }
  static PostgresServer& server() { return PostgresServer::shared(); }
  static std::unique_ptr<Connection> connect(std::string const& database, std::string const& role) {
    auto connection = Connection::open(server().address(database, role), std::chrono::seconds(10));
    CHECK(connection);
    return std::move(*connection);
  }
  static std::string code(Result<void> const& result) { return result ? "" : result.error().code; }
};

TEST_F(PostgresStore, IsMadeOnceFromEveryEarlierVersionAndSaysWhatIsWrong) {
  int const newest = static_cast<int>(std::size(postgres::kMigrations));
  for (int from = 0; from <= newest; ++from) {
    auto const name = fmt::format("migrated_from_{}", from);
    server().run("postgres", "CREATE DATABASE " + name);
    auto const owner = connect(name, "owner");
    for (int version = 0; version < from; ++version) {
      ASSERT_TRUE(owner->execute(postgres::kMigrations[version]));
      ASSERT_TRUE(owner->execute(fmt::format("INSERT INTO sotto.migrations(version) VALUES ({})", version + 1)));
    }
    if (from > 0) ASSERT_TRUE(owner->execute("INSERT INTO sotto.store(cluster, base) VALUES ('test', 0)"));
    auto const app = connect(name, "sotto");
    EXPECT_NE(code(postgres::check_store(*app, "test")), "") << from;
    EXPECT_EQ(postgres::migrate(*owner, "test", "sotto"), newest - from);
    EXPECT_EQ(postgres::migrate(*owner, "test", "sotto"), 0);
    EXPECT_EQ(code(postgres::check_store(*app, "test")), "");
    EXPECT_EQ(code(postgres::check_store(*app, "another")), "wrong_cluster");
    EXPECT_EQ(postgres::migrate(*owner, "another", "sotto").error().code, "wrong_cluster");
    EXPECT_EQ(code(postgres::check_store(*owner, "test")), "wrong_role");
    ASSERT_TRUE(owner->execute("INSERT INTO sotto.migrations(version) VALUES (1000)"));
    EXPECT_EQ(code(postgres::check_store(*app, "test")), "newer_schema");
    EXPECT_EQ(postgres::migrate(*owner, "test", "sotto").error().code, "newer_schema");
    server().drop_database(name);
  }
}

TEST_F(PostgresStore, WhatCannotBeReachedIsNamedWithoutAPassword) {
  for (auto const& [address, said] :
       {std::pair(std::string("host=/nowhere dbname=x user=sotto password=s3cret"), "/nowhere"),
        std::pair(server().address("none"), "does not exist"),
        std::pair(server().address("postgres", "nobody") + " password=s3cret", "nobody")}) {
    auto const connection = Connection::open(address, std::chrono::seconds(3));
    ASSERT_FALSE(connection);
    EXPECT_NE(connection.error().message.find(said), std::string::npos) << connection.error().message;
    EXPECT_EQ(connection.error().message.find("s3cret"), std::string::npos);
  }
}

}  // namespace

}  // namespace sotto
