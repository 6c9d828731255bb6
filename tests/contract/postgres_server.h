// A real PostgreSQL for the tests of a process: started when the first one asks for it, stopped at the end. Each test
// has a database of its own, copied from one that holds the store's schema.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace sotto {

class PostgresServer {
 public:
  // Why there is none; empty: there is.
  static std::string missing();
  static PostgresServer& shared();
  explicit PostgresServer(std::string options);
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

  void stop(std::string const& how);  // fast | immediate
  void start();

 private:
  std::filesystem::path const folder_;
  std::string const options_;
  int databases_ = 0;
  bool bouncer_ = false;
};

}  // namespace sotto
