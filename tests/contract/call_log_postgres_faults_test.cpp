// What happens to a server happens for real: it dies and a replica is promoted, its disk is full, its syncs fail, it
// has no connection left. What was answered is there, in its order and once; what was refused may come again.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "contract/broken_disk.h"
#include "contract/call_log_contract.h"
#include "contract/postgres_log_fixture.h"

namespace sotto {

namespace {

// A call as its gateway writes it: batch after batch, and one that was refused comes again as it was.
template <typename Servers>
class BrokenServer : public CallLogContract<OwnServers<Servers>> {
 protected:
  // Large ones need room for themselves in the files of the server.
  static std::string words(std::int64_t batch, std::size_t size) {
    return fmt::format("{} {}", batch, std::string(size, 'x'));
  }
  void begin() {
    ASSERT_EQ(this->append(this->opening()), 1);
    answered_ = {"started"};
  }
  // Once; whether it was answered.
  bool say(int words_at_once = 1, std::size_t size = 0) {
    if (!waiting_) {
      ++batch_;
      waiting_.emplace(static_cast<std::size_t>(words_at_once), words(batch_, size));
    }
    auto const first = this->append(this->speech(batch_, *waiting_));
    if (!first) {
      EXPECT_EQ(first.error().code, "store_failed") << first.error().message;
      refusal_ = first.error().message;
      return false;
    }
    EXPECT_EQ(*first, std::ssize(answered_) + 1);
    answered_.insert(answered_.end(), waiting_->begin(), waiting_->end());
    waiting_.reset();
    return true;
  }
  void say_all(int batches) {
    for (int i = 0; i < batches; ++i) ASSERT_TRUE(say()) << refusal_;
  }
  // Until the store takes it, while `meanwhile` is done between two tries.
  template <typename Meanwhile>
  void say_until_taken(Meanwhile meanwhile) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    bool taken = false;
    while (!taken && std::chrono::steady_clock::now() < end) {
      meanwhile();
      taken = say();
    }
    ASSERT_TRUE(taken) << refusal_;
  }
  // All words of the call, however many.
  std::vector<std::string> stored() {
    std::vector<std::string> out;
    auto const events = this->read("c1", 0, 100'000);
    EXPECT_TRUE(events) << events.error().message;
    for (auto const& event : events.value_or(std::vector<Event>())) {
      EXPECT_EQ(event.number, std::ssize(out) + 1);
      out.push_back(words_of(event)->text);
    }
    return out;
  }
  // By whoever reads the call, and by whoever follows all calls.
  void expect_whole() {
    auto const found = stored();
    EXPECT_TRUE(found == answered_) << found.size() << " of " << answered_.size();
    auto const followed = this->follow("f", 100'000);
    ASSERT_EQ(followed.size(), answered_.size());
    for (std::size_t i = 0; i < followed.size(); ++i) {
      EXPECT_EQ(followed[i].event.number, static_cast<std::int64_t>(i) + 1);
      if (i > 0) EXPECT_GT(followed[i].sequence, followed[i - 1].sequence);
    }
  }
  // What was answered, and perhaps what was refused: its answer may have been lost on the way.
  void expect_answered_is_there() {
    auto const found = stored();
    ASSERT_GE(found.size(), answered_.size());
    EXPECT_LE(found.size(), answered_.size() + (waiting_ ? waiting_->size() : 0));
    EXPECT_TRUE(std::equal(answered_.begin(), answered_.end(), found.begin()));
  }

  std::vector<std::string> answered_;
  std::optional<std::vector<std::string>> waiting_;
  std::int64_t batch_ = 1;
  std::string refusal_;
};

// --- a replica takes over ---

// Replication is synchronous: a commit is answered when the replica has it on its disk. Otherwise what was answered in
// the last moments is on the disk of a server that is gone, and no client can do anything about that.
struct TwoServers {
  static std::string missing() { return PostgresServer::missing(); }
  TwoServers() {
    if (!missing().empty()) return;
    first = std::make_unique<PostgresServer>("-c fsync=off");
    second = first->replica();
    first->run("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
    first->run("postgres", "SELECT pg_reload_conf()");
    wait_for_replica();
  }
  PostgresServer* primary() const { return first.get(); }
  // Several hosts are tried in turn, and the one that takes writes is kept.
  std::string through() const {
    return first ? fmt::format("host={},{}", first->folder().string(), second->folder().string()) : "";
  }
  void wait_for_replica() const {
    for (int i = 0; i < 1000; ++i) {
      if (first->value("postgres", "SELECT count(*)::text FROM pg_stat_replication WHERE sync_state = 'sync'") == "1")
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    FAIL() << "the replica does not follow";
  }

  std::unique_ptr<PostgresServer> first, second;
};

class PostgresFailOver : public BrokenServer<TwoServers> {};

TEST_F(PostgresFailOver, WhatWasAnsweredIsOnTheReplicaAndTheRestIsWrittenThere) {
  begin();
  say_all(20);
  {
    std::jthread const killed([this] { fixture.first->stop("immediate"); });
    for (int i = 0; say(); ++i) ASSERT_LT(i, 100'000) << "it was not killed";
  }
  EXPECT_FALSE(say()) << "a stand-by takes nothing";
  fixture.second->promote();
  say_until_taken([] {});
  say_all(20);
  expect_whole();
  EXPECT_EQ(list().size(), 1u);
  fixture.reopen();
  expect_whole();
  auto const next = claim(Part::speech);
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].batch, batch_);
}

TEST_F(PostgresFailOver, ACommitThatTheReplicaDoesNotHaveIsNotAnsweredAndIsWrittenOnceWhereTheCallGoesOn) {
  begin();
  say_all(3);
  fixture.second->stop("immediate");
  EXPECT_FALSE(say()) << "on the first alone";
  fixture.first->stop("immediate");
  fixture.second->start();
  fixture.second->promote();
  say_until_taken([] {});
  say_all(3);
  expect_whole();
}

TEST_F(PostgresFailOver, ACommitThatWaitedForTheReplicaIsThereOnceWhenTheReplicaIsBack) {
  begin();
  say_all(3);
  fixture.second->stop("immediate");
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(say());
  expect_answered_is_there();
  fixture.second->start();
  say_until_taken([] {});
  say_all(3);
  expect_whole();
}

// As its operator begins a switch-over, or a service of databases does whose disk is nearly full: the connections live
// on, and take no more writes.
TEST_F(PostgresFailOver, AServerThatTakesNoMoreWritesIsLeftForTheOneThatDoes) {
  begin();
  say_all(3);
  EXPECT_EQ(list().size(), 1u);
  fixture.first->run("postgres", "ALTER SYSTEM SET default_transaction_read_only = on");
  fixture.first->run("postgres", "SELECT pg_reload_conf()");
  for (int i = 0; say(); ++i) ASSERT_LT(i, 100'000) << "it goes on taking writes";
  EXPECT_NE(refusal_.find("read-only"), std::string::npos) << refusal_;
  EXPECT_EQ(list().size(), 1u) << "reading goes on meanwhile";
  fixture.second->promote();
  say_until_taken([] {});
  say_all(3);
  expect_whole();
}

// --- its disk is full ---

struct OneServer {
  explicit OneServer(std::string const& options) {
    if (PostgresServer::missing().empty()) own = std::make_unique<PostgresServer>(options);
  }
  PostgresServer* primary() const { return own.get(); }
  static std::string through() { return ""; }

  std::unique_ptr<PostgresServer> own;
};

struct ServerOnSmallDisk : OneServer {
  static std::string missing() {
    auto const none = PostgresServer::missing();
    return none.empty() ? SmallDisk::missing() : none;
  }
  ServerOnSmallDisk(std::string const& part, int mebibytes) : OneServer("-c min_wal_size=32MB -c max_wal_size=64MB") {
    if (missing().empty()) disk = &own->move_to_small_disk(part, mebibytes);
  }

  SmallDisk* disk = nullptr;
};

template <typename Server>
class FullDisk : public BrokenServer<Server> {
 protected:
  // What the server itself frees meanwhile is taken too.
  void say_until_it_is_full() {
    for (int i = 0; i < 100; ++i) {
      this->fixture.disk->fill();
      if (!this->say(4, 1'000'000)) return;
    }
    FAIL() << "there is room";
  }
  void stay_full() {
    for (int i = 0; i < 3; ++i) {
      this->fixture.disk->fill();
      this->fixture.own->start_if_ended();
      EXPECT_FALSE(this->say());
    }
  }
  void free() {
    this->fixture.disk->free();
    this->say_until_taken([this] { this->fixture.own->start_if_ended(); });
    this->say_all(5);
    this->expect_whole();
  }
};

struct AllOnSmallDisk : ServerOnSmallDisk {
  AllOnSmallDisk() : ServerOnSmallDisk("data", 320) {}
};

class PostgresFullDisk : public FullDisk<AllOnSmallDisk> {};

TEST_F(PostgresFullDisk, WhatFindsNoRoomIsRefusedAndWrittenOnceThereIsRoomAgain) {
  begin();
  say_all(5);
  say_until_it_is_full();
  EXPECT_GT(fixture.own->said("No space left on device"), 0) << refusal_;
  stay_full();
  free();
}

struct WriteAheadLogOnSmallDisk : ServerOnSmallDisk {
  WriteAheadLogOnSmallDisk() : ServerOnSmallDisk("data/pg_wal", 192) {
    // A slot that nobody reads keeps all of the log, as where a stand-by was forgotten: the usual way to a full disk.
    if (disk) own->run("postgres", "SELECT pg_create_physical_replication_slot('forgotten', true)");
  }
};

class PostgresFullWriteAheadLog : public FullDisk<WriteAheadLogOnSmallDisk> {};

// PostgreSQL ends itself then (PANIC), and again at each start until there is room.
TEST_F(PostgresFullWriteAheadLog, EndsTheServerAndNothingAnsweredIsLostWhenItIsStartedAgain) {
  begin();
  say_all(5);
  say_until_it_is_full();
  EXPECT_GT(fixture.own->said("PANIC"), 0) << refusal_;
  stay_full();
  free();
}

// --- its syncs fail ---

struct ServerWithFailingSyncs {
  static std::string missing() { return PostgresServer::missing(); }
  ServerWithFailingSyncs() {
    if (missing().empty()) own = std::make_unique<PostgresServer>("", syncs.environment());
  }
  PostgresServer* primary() const { return own.get(); }
  static std::string through() { return ""; }

  FailingSyncs syncs;
  std::unique_ptr<PostgresServer> own;
};

class PostgresFailingSyncs : public BrokenServer<ServerWithFailingSyncs> {
 protected:
  void supervise() { fixture.own->start_if_ended(); }
};

// A page that could not be synced may be gone though a later sync succeeds, so PostgreSQL ends itself (PANIC) and
// restores what it answered from its write-ahead log.
TEST_F(PostgresFailingSyncs, OfTheWriteAheadLogRefuseWhatIsWrittenAndLoseNothingAnswered) {
  begin();
  for (int round = 1; round <= 3; ++round) {
    say_all(5);
    auto const before = fixture.own->said("PANIC");
    fixture.syncs.fail("fdatasync");
    for (int i = 0; i < 3; ++i) {
      EXPECT_FALSE(say());
      supervise();
    }
    EXPECT_GT(fixture.own->said("PANIC"), before);
    fixture.syncs.heal();
    say_until_taken([this] { supervise(); });
    expect_whole();
  }
}

TEST_F(PostgresFailingSyncs, OfTheTablesAreMadeGoodFromTheWriteAheadLog) {
  begin();
  say_all(5);
  fixture.syncs.fail("fsync");
  say_all(5);  // the log is synced, the tables when there is a checkpoint
  EXPECT_ANY_THROW(fixture.change("CHECKPOINT"));
  EXPECT_GT(fixture.own->said("PANIC"), 0);
  for (int i = 0; i < 3; ++i) {
    supervise();
    say();
  }
  fixture.syncs.heal();
  say_until_taken([this] { supervise(); });
  say_all(5);
  expect_whole();
  fixture.change("CHECKPOINT");
  fixture.own->stop("immediate");
  fixture.own->start();
  say_until_taken([] {});
  expect_whole();
}

// --- it has no connection left ---

struct ServerWithFewConnections : OneServer {
  static std::string missing() { return PostgresServer::missing(); }
  ServerWithFewConnections() : OneServer("-c fsync=off -c max_connections=12") {}
};

class PostgresFewConnections : public BrokenServer<ServerWithFewConnections> {
 protected:
  // As other programs take them, until there is none left.
  std::vector<std::unique_ptr<postgres::Connection>> take_all() {
    std::vector<std::unique_ptr<postgres::Connection>> out;
    for (;;) {
      auto connection = postgres::Connection::open(fixture.address(), std::chrono::seconds(10));
      if (!connection) return out;
      out.push_back(std::move(*connection));
    }
  }
};

TEST_F(PostgresFewConnections, WithAllOfThemTakenNothingIsStoredAndItIsSaid) {
  begin();
  say_all(3);
  fixture.change("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'sotto'");
  auto others = take_all();
  ASSERT_GT(others.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(say());
  EXPECT_NE(refusal_.find("connection slots"), std::string::npos) << refusal_;
  EXPECT_FALSE(read()) << "nor is anything read";
  others.clear();
  say_until_taken([] {});
  say_all(3);
  expect_whole();
}

// --- transactions in each other's way ---

class PostgresConflict : public CallLogContract<PostgresLogFixture> {
 protected:
  void set(std::string const& what) {
    fixture.change(fmt::format("ALTER DATABASE {} SET {}", fixture.database(), what));
    fixture.reopen();
  }
  static std::unique_ptr<postgres::Connection> connect(std::string const& address) {
    auto connection = postgres::Connection::open(address, std::chrono::seconds(10));
    CHECK(connection);
    return std::move(*connection);
  }
  // Until the log waits for a row that another transaction has.
  void wait_for_lock() {
    auto const asked = fmt::format(
        "SELECT count(*)::text FROM pg_stat_activity WHERE datname = '{}' AND usename = 'sotto' AND wait_event_type = "
        "'Lock'",
        fixture.database());
    for (int i = 0; i < 500 && fixture.server().value("postgres", asked) == "0"; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_EQ(fixture.server().value("postgres", asked), "1");
  }
};

TEST_F(PostgresConflict, ATransactionThatIsEndedForADeadlockIsTriedAgainAndIsThereOnce) {
  // Who waits for so long looks for one; the other waits longer, so that it is the log's transaction that is ended.
  set("deadlock_timeout = '2s'");
  ASSERT_TRUE(append(opening()));
  auto const ended = fixture.server().said("deadlock detected");
  auto const other = connect(fixture.address("owner"));
  ASSERT_TRUE(other->execute("SET deadlock_timeout = '1min'"));
  ASSERT_TRUE(other->execute("BEGIN; SELECT FROM sotto.parts WHERE call = 'c1' FOR UPDATE"));
  std::optional<Result<std::int64_t>> answer;
  fixture.log().append(speech(2, {"a"}), [&](auto result) { answer = result; });
  wait_for_lock();
  Result<void> crossed;
  {
    std::jthread const at_once(
        [&] { crossed = other->execute("SELECT FROM sotto.calls WHERE id = 'c1' FOR UPDATE; COMMIT"); });
    fixture.run_until([&] { return answer.has_value(); });
  }
  EXPECT_TRUE(crossed) << crossed.error().message;
  EXPECT_EQ(fixture.server().said("deadlock detected"), ended + 1);
  EXPECT_EQ(answer.value_or(fail("test", "no answer")), 2);
  EXPECT_EQ(append(speech(3, {"b"})), 3);
  EXPECT_EQ(texts(), (std::vector<std::string>{"started", "a", "b"}));
}

// Where an operator has all transactions of a database isolated more strictly than the log asks for.
TEST_F(PostgresConflict, ATransactionThatCannotBeSerialisedIsTriedAgainAndIsThereOnce) {
  for (std::string const level : {"repeatable read", "serializable"}) {
    set(fmt::format("default_transaction_isolation = '{}'", level));
    auto const id = level == "serializable" ? "c2" : "c1";
    ASSERT_TRUE(append(opening(id)));
    auto const ended = fixture.server().said("could not serialize access");
    auto const other = connect(fixture.address("owner"));
    ASSERT_TRUE(other->execute(fmt::format("BEGIN; UPDATE sotto.calls SET team = team WHERE id = '{}'", id)));
    std::optional<Result<std::int64_t>> answer;
    auto batch = speech(2, {"a"});
    batch.lease.call = id;
    fixture.log().append(batch, [&](auto result) { answer = result; });
    wait_for_lock();
    ASSERT_TRUE(other->execute("COMMIT"));
    fixture.run_until([&] { return answer.has_value(); });
    EXPECT_GT(fixture.server().said("could not serialize access"), ended) << level;
    EXPECT_EQ(answer.value_or(fail("test", "no answer")), 2) << level;
    auto const stored = read(id);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->size(), 2u) << level;
  }
}

}  // namespace

}  // namespace sotto
