// A real PostgreSQL for the tests of a process: started when the first one asks for it, stopped at the end. Each test
// has a database of its own, copied from one that holds the store's schema. A test that breaks its server has one for
// itself.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "contract/broken_disk.h"

namespace sotto {

class PostgresServer {
 public:
  // Why there is none; empty: there is.
  static std::string missing();
  static PostgresServer& shared();
  // `environment`: NAME=VALUE words for it.
  explicit PostgresServer(std::string options, std::string environment = "");
  // A stand-by that has all of this one and follows it.
  std::unique_ptr<PostgresServer> replica() const;
  ~PostgresServer();

  // A new database with the store of cluster "test" and a role "sotto" that may work on it.
  std::string make_database();
  void drop_database(std::string const& name);
  // As libpq takes it. `role`: "sotto", or "owner", who stands above all rows.
  std::string address(std::string const& database, std::string const& role = "sotto") const;
  // A PgBouncer in transaction mode before it, which is started when it is first asked for: host and port.
  std::string bouncer();
  std::filesystem::path const& folder() const { return folder_; }
  // SQL as the owner, one connection a call.
  void run(std::string const& database, std::string const& sql);
  // The first value of what a statement answers, as text.
  std::string value(std::string const& database, std::string const& sql) const;
  // How many lines of its log hold the words.
  int said(std::string const& words) const;

  void stop(std::string const& how);  // fast | immediate
  void start();
  // As a supervisor does: it is started again where it has ended, if it can be.
  void start_if_ended();
  void promote();
  // A folder of it, such as "data/pg_wal", on a disk of its own. It is started again for that.
  SmallDisk& move_to_small_disk(std::string const& part, int mebibytes);

 private:
  struct Replica {};
  PostgresServer(Replica, PostgresServer const& primary);
  int script(std::string const& arguments) const;

  std::filesystem::path const folder_;
  std::string const options_, environment_;
  std::unique_ptr<SmallDisk> disk_;
  int databases_ = 0;
  bool bouncer_ = false;
};

}  // namespace sotto
