// PostgresLog in a database of its own on a real server, whose commits fail and wait when they are told to. Leases run
// by the server's clock: a test that lets time go by moves what is stored back. A test that breaks its servers has them
// for itself (OwnServers).
#pragma once

#include <memory>
#include <string>

#include <fmt/format.h>

#include "adapters/key_file/key_file.h"
#include "adapters/postgres/postgres_log.h"
#include "base/check.h"
#include "base/limits.h"
#include "contract/postgres_server.h"
#include "support/manual_clock.h"
#include "support/manual_executor.h"

namespace sotto {

class PostgresLogFixture {
 public:
  static std::string missing() { return PostgresServer::missing(); }

  // `through`: where servers connect to, in place of the server's own socket. `own`: in place of the shared server.
  explicit PostgresLogFixture(std::string through = "", PostgresServer* own = nullptr)
      : through_(std::move(through)), own_(own) {
    if (!missing().empty()) return;
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-keys-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    folder_ = pattern;
    database_ = server().make_database();
    change(kFailing);
    open();
  }
  ~PostgresLogFixture() {
    if (database_.empty()) return;
    let_go();
    log_.reset();
    if (!own_) server().drop_database(database_);
    std::filesystem::remove_all(folder_);
  }
  PostgresServer& server() const { return own_ ? *own_ : PostgresServer::shared(); }
  std::string const& database() const { return database_; }
  std::string address(std::string const& role = "sotto") const {
    if (through_.empty() || role == "owner") return server().address(database_, role);
    return fmt::format("{} dbname={} user={}", through_, database_, role);
  }

  postgres::PostgresLog& log() { return *log_; }
  CallIndex& index() { return *log_; }
  KeyFile& keys() { return *keys_; }
  ManualExecutor& executor() { return executor_; }

  // Time goes by: everything that is stored was written so much earlier.
  struct Clock {
    PostgresLogFixture& fixture;
    void advance(Duration by) {
      fixture.change(
          fmt::format("UPDATE sotto.parts SET lease_until = lease_until - {} * interval '1 microsecond'", by.count()));
    }
  };
  Clock clock() { return {*this}; }
  ManualClock const& now() const { return clock_; }

  template <typename Done>
  void run_until(Done done) {
    executor_.run_until(done, std::chrono::seconds(15));
  }
  void reopen() {
    log_.reset();
    open();
  }
  void spoil(std::string const& call, std::int64_t number) {
    change(fmt::format("UPDATE sotto.events SET body = substring(body FOR 20) WHERE call = '{}' AND number = {}", call,
                       number));
  }
  void change(std::string const& sql) { server().run(database_, sql); }
  // Nobody adds an event until it is let go.
  void hold() {
    auto locked = postgres::Connection::open(address("owner"), std::chrono::seconds(10));
    CHECK(locked && (*locked)->execute("BEGIN; LOCK TABLE sotto.events IN EXCLUSIVE MODE"));
    lock_ = std::move(*locked);
  }
  void let_go() { lock_.reset(); }
  void fail_commits(int times) { change(fmt::format("SELECT setval('failing.left', {})", times + 1)); }

 private:
  // A check when a transaction commits, which fails as long as a number that no roll-back moves back is above 1.
  static constexpr char const* kFailing = R"sql(
CREATE SCHEMA failing;
CREATE SEQUENCE failing.left INCREMENT -1 MINVALUE -9223372036854775807 MAXVALUE 1000000 START 1;
SELECT setval('failing.left', 1);
CREATE FUNCTION failing.fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF (SELECT last_value FROM failing.left) > 1 THEN
    PERFORM nextval('failing.left');
    RAISE EXCEPTION 'the disk is full, as a test has it' USING ERRCODE = '53100';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER failing AFTER INSERT OR UPDATE OR DELETE ON sotto.events DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION failing.fail();
CREATE CONSTRAINT TRIGGER failing AFTER INSERT OR UPDATE ON sotto.parts DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION failing.fail();
CREATE CONSTRAINT TRIGGER failing AFTER INSERT OR UPDATE ON sotto.consumers DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION failing.fail();
)sql";

  void open() {
    keys_.reset();
    auto keys = KeyFile::open(folder_ / "keys", master_);
    CHECK(keys);
    keys_ = std::move(*keys);
    auto opened = postgres::PostgresLog::open(address(), "test", executor_, clock_, *keys_);
    if (!opened) throw std::runtime_error(opened.error().message);
    log_ = std::move(*opened);
  }

  std::string const through_;
  PostgresServer* const own_;
  std::filesystem::path folder_;
  std::string database_;
  ManualClock clock_;
  ManualExecutor executor_;
  Key const master_ = random_key();
  std::unique_ptr<KeyFile> keys_;
  std::unique_ptr<postgres::Connection> lock_;
  std::unique_ptr<postgres::PostgresLog> log_;
};

class PgBouncerLogFixture : public PostgresLogFixture {
 public:
  PgBouncerLogFixture() : PostgresLogFixture(missing().empty() ? PostgresServer::shared().bouncer() : "") {}
};

// Servers that are there before the log and go after it. `Servers` says what is missing(), which one is the primary(),
// and where it is reached, if not there alone (through()).
template <typename Servers>
class OwnServers : public Servers, public PostgresLogFixture {
 public:
  using Servers::missing;
  OwnServers() : PostgresLogFixture(Servers::through(), Servers::primary()) {}
};

}  // namespace sotto
