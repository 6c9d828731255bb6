// The contract of the keys of calls against PostgreSQL; the life of an epoch.
#include <filesystem>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "adapters/postgres/postgres_keys.h"
#include "base/check.h"
#include "contract/call_keys_contract.h"
#include "contract/postgres_server.h"
#include "support/manual_clock.h"

namespace sotto {

class PostgresKeysFixture {
 public:
  static std::string missing() { return PostgresServer::missing(); }

  PostgresKeysFixture() {
    if (!missing().empty()) return;
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-epochs-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    folder_ = pattern;
    database_ = server().make_database();
    keys_ = another();
  }
  ~PostgresKeysFixture() {
    if (database_.empty()) return;
    keys_.reset();
    server().drop_database(database_);
    std::filesystem::remove_all(folder_);
  }
  static PostgresServer& server() { return PostgresServer::shared(); }
  postgres::PostgresKeys& keys() { return *keys_; }
  ManualClock& clock() { return clock_; }
  void reopen() { keys_ = another(); }
  // As another process has them.
  std::unique_ptr<postgres::PostgresKeys> another() {
    auto opened = postgres::PostgresKeys::open(server().address(database_), folder_ / "epochs", master_, clock_);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  // With the file of epochs of another store that has the same master key.
  Result<std::unique_ptr<postgres::PostgresKeys>> with_file_of_another() {
    auto const file = folder_ / "another";
    CHECK(postgres::EpochFile(file, master_).make());
    return postgres::PostgresKeys::open(server().address(database_), file, master_, clock_);
  }
  // Every key as it stands in the database.
  std::string stored() const { return sql("SELECT coalesce(string_agg(sealed, ''), '') FROM sotto.keys"); }
  std::string place_of(KeyId id) const { return sql(fmt::format("SELECT sealed FROM sotto.keys WHERE id = {}", id)); }
  std::unique_ptr<postgres::Connection> connect() const {
    auto connection = postgres::Connection::open(server().address(database_, "owner"), std::chrono::seconds(10));
    CHECK(connection);
    return std::move(*connection);
  }
  std::string sql(std::string const& text) const {
    auto const rows = connect()->run(std::array{postgres::Query{text}});
    CHECK(rows);
    return rows->front().size() > 0 ? rows->front().text(0, 0) : "";
  }
  std::map<KeyId, std::shared_ptr<HeldKey const>> epochs() const {
    return postgres::EpochFile(folder_ / "epochs", master_).read().value();
  }

 private:
  std::filesystem::path folder_;
  std::string database_;
  Key const master_ = random_key();
  ManualClock clock_;
  std::unique_ptr<postgres::PostgresKeys> keys_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, CallKeysContract, PostgresKeysFixture);

namespace {

class Epochs : public CallKeysContract<PostgresKeysFixture> {
 protected:
  // What the newest epoch is, as text.
  std::string newest() { return fixture.sql("SELECT id::text FROM sotto.epochs ORDER BY made DESC LIMIT 1"); }
  // Until a transaction waits for a lock of this kind (PostgreSQL documentation, pg_locks).
  void wait_for_waiting(std::string const& kind) {
    auto const asked = fmt::format(
        "SELECT count(*)::text FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND "
        "locktype = '{}' AND NOT granted",
        kind);
    for (int i = 0; i < 1000 && fixture.sql(asked) == "0"; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_EQ(fixture.sql(asked), "1");
  }
};

TEST_F(Epochs, AKeyLivesOnInTheNextEpochAndNoCopyOfTheDatabaseGivesADestroyedOneBack) {
  auto const lives = fresh(), goes = fresh();
  auto const kept = key(lives);
  auto const of_before = newest();
  auto const copy = fixture.sql(fmt::format("SELECT encode(sealed, 'hex') FROM sotto.keys WHERE id = {}", goes));
  ASSERT_TRUE(keys().destroy(goes));
  ASSERT_TRUE(fixture.keys().upkeep(std::chrono::hours(1)));
  EXPECT_EQ(newest(), of_before) << "it is young";
  ASSERT_TRUE(fixture.keys().upkeep(Duration(0)));
  EXPECT_NE(newest(), of_before);
  EXPECT_EQ(fixture.sql("SELECT count(*)::text FROM sotto.epochs"), "1");
  EXPECT_EQ(fixture.epochs().size(), 1u);
  EXPECT_FALSE(fixture.epochs().contains(std::stoll(of_before)));
  fixture.reopen();
  EXPECT_EQ(key(lives), kept);
  EXPECT_EQ(code(goes), "no_such_key");
  // Somebody puts back what a backup holds, with the master key and the file of epochs at hand.
  fixture.sql(
      fmt::format("INSERT INTO sotto.keys(id, epoch, sealed) VALUES ({}, {}, decode('{}', 'hex')) RETURNING id::text",
                  goes, of_before, copy));
  EXPECT_EQ(code(goes), "keys_failed");
}

TEST_F(Epochs, TheFileOfAnotherStoreIsRefused) {
  auto const opened = fixture.with_file_of_another();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "no_epochs");
  EXPECT_NE(opened.error().message.find("sotto store migrate"), std::string::npos) << opened.error().message;
}

TEST_F(Epochs, AnotherProcessGoesOnOverTheEndOfAnEpoch) {
  auto const other = fixture.another();
  auto const first = other->fresh();
  ASSERT_TRUE(first);
  auto const known = *other->find(*first);
  for (int hour = 0; hour < 3; ++hour) {
    ASSERT_TRUE(fixture.keys().upkeep(Duration(0)));
    fixture.clock().advance(std::chrono::hours(1));
    EXPECT_EQ(*other->find(*first), known);
    auto const next = other->fresh();
    ASSERT_TRUE(next) << next.error().message;
    auto const here = fixture.keys().find(*next);
    ASSERT_TRUE(here) << here.error().message;
    EXPECT_EQ(*here, *other->find(*next));
  }
  EXPECT_EQ(fixture.epochs().size(), 1u);
}

TEST_F(Epochs, TwoWhoKeepUpAtOnceLeaveEveryKeyWhole) {
  std::map<KeyId, Key> given;
  for (int i = 0; i < 100; ++i) {
    auto const id = fresh();
    given.emplace(id, key(id));
  }
  auto const other = fixture.another();
  for (int round = 0; round < 3; ++round) {
    Result<void> theirs;
    {
      std::jthread const at_once([&] { theirs = other->upkeep(Duration(0)); });
      EXPECT_TRUE(fixture.keys().upkeep(Duration(0)));
    }
    EXPECT_TRUE(theirs) << theirs.error().message;
  }
  EXPECT_TRUE(fixture.keys().upkeep(std::chrono::hours(1)));
  EXPECT_EQ(fixture.epochs().size(), 1u);
  fixture.reopen();
  for (auto const& [id, key] : given) EXPECT_EQ(this->key(id), key);
}

// One process seals keys under an epoch, and another ends that one before the first has committed.
TEST_F(Epochs, NoneIsDestroyedWhileKeysAreOnTheirWayIntoIt) {
  auto const id = fresh();
  auto const kept = key(id);
  auto const other = fixture.another();
  auto const gate = fixture.connect();
  ASSERT_TRUE(gate->execute(
      "CREATE FUNCTION sotto.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(42); "
      "RETURN NEW; END $$; CREATE TRIGGER wait BEFORE UPDATE ON sotto.keys FOR EACH ROW EXECUTE FUNCTION "
      "sotto.wait()"));
  ASSERT_TRUE(gate->execute("SELECT pg_advisory_lock(42)"));
  Result<void> theirs;
  {
    std::jthread const moves([&] { theirs = other->upkeep(Duration(0)); });
    wait_for_waiting("advisory");
    auto const filled = newest();
    std::jthread const ends([&] { static_cast<void>(fixture.keys().upkeep(Duration(0))); });
    // It waits, or has done it.
    auto const over = fmt::format(
        "SELECT (EXISTS (SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted) OR NOT EXISTS (SELECT "
        "FROM sotto.epochs WHERE id = {}))::text",
        filled);
    for (int i = 0; i < 300 && fixture.sql(over) == "false"; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_TRUE(gate->execute("SELECT pg_advisory_unlock(42)"));
  }
  EXPECT_TRUE(theirs) << theirs.error().message;
  EXPECT_TRUE(fixture.keys().upkeep(std::chrono::hours(1)));
  EXPECT_EQ(fixture.epochs().size(), 1u);
  fixture.reopen();
  EXPECT_EQ(key(id), kept);
}

TEST_F(Epochs, KeysThatNoCallNamesForAnHourWereLeftByACrash) {
  auto const named = fresh(), left = fresh();
  fixture.sql(fmt::format(
      "INSERT INTO sotto.calls(id, tenant, region, team, agent, started_us, info, resume_digest, key) VALUES "
      "('c', 't', '', '', '', 1, '', '', {}) RETURNING id",
      named));
  ASSERT_TRUE(fixture.keys().upkeep(std::chrono::hours(1)));
  EXPECT_EQ(code(left), "") << "its call may be on its way";
  fixture.sql("UPDATE sotto.keys SET made = made - interval '2 hours' RETURNING id::text");
  fixture.clock().advance(std::chrono::hours(2));
  ASSERT_TRUE(fixture.keys().upkeep(std::chrono::hours(1)));
  EXPECT_EQ(code(named), "");
  EXPECT_EQ(code(left), "no_such_key");
  EXPECT_EQ(code(fresh()), "") << "none of those that waited is given";
}

// What the bus tells is sealed under the key of an epoch: that the store does not answer is told over it too.
TEST_F(Epochs, ItsKeyIsGivenAtOnceWhileTheDatabaseHangs) {
  auto const id = fresh();
  auto const other = fixture.another();
  auto const locked = fixture.connect();
  ASSERT_TRUE(locked->execute("BEGIN; LOCK TABLE sotto.keys"));
  std::jthread const waits([&] { static_cast<void>(other->find(id)); });
  wait_for_waiting("relation");
  auto const began = std::chrono::steady_clock::now();
  auto const newest = other->epoch_key(0);
  ASSERT_TRUE(newest);
  EXPECT_TRUE(other->epoch_key(newest->id));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  EXPECT_TRUE(locked->execute("ROLLBACK"));
}

TEST_F(Epochs, AFileThatIsNotThisClustersIsSaid) {
  auto const id = fresh();
  for (auto const& [epoch, key] : fixture.epochs())
    fixture.sql(fmt::format("UPDATE sotto.epochs SET id = id + 1 WHERE id = {} RETURNING id::text", epoch));
  fixture.sql("UPDATE sotto.keys SET epoch = epoch + 1 RETURNING id::text");
  fixture.clock().advance(std::chrono::minutes(5));  // what was kept in memory is forgotten
  auto const found = keys().find(id);
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("another cluster's"), std::string::npos) << found.error().message;
}

}  // namespace

}  // namespace sotto
