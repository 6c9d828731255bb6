// One connection to PostgreSQL over libpq. Statements go out together and their answers come back in one round trip
// (pipeline mode, PostgreSQL 15 documentation, section 34.5); values travel in binary, those of many rows as arrays. No
// named statement and nothing that outlives a transaction is used, so that PgBouncer may stand between in transaction
// mode. Not thread-safe: one connection, one thread at a time. Blocks, but never longer than its patience.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

struct pg_conn;
struct pg_result;

namespace sotto::postgres {

// Bytes as they are: a value of type bytea.
struct Bytes {
  std::string_view value;
};

// The values of a statement, $1, $2 ... in order.
class Params {
 public:
  Params() = default;
  template <typename... Values>
  explicit Params(Values const&... values) {
    (add(values), ...);
  }

  void add(std::int64_t value);
  void add(bool value);
  void add(std::string_view value);
  void add(Bytes value);
  void add(std::vector<std::int64_t> const& values);
  void add(std::vector<double> const& values);
  void add(std::vector<std::string> const& values);
  // bytea[]
  void add(std::vector<std::optional<std::string>> const& values);

  std::size_t size() const { return types_.size(); }

 private:
  friend class Connection;
  void put(unsigned type, std::string bytes);

  std::vector<unsigned> types_;
  std::vector<std::string> values_;
};

struct Query {
  std::string sql;
  Params params = {};
};

// What a statement answered.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result, &clear) {}

  int size() const;
  // Of rows that were changed, where none came back.
  std::int64_t changed() const;
  std::int64_t integer(int row, int column) const;
  bool boolean(int row, int column) const;
  double real(int row, int column) const;
  std::string text(int row, int column) const;  // or bytes; of a null: empty

 private:
  static void clear(pg_result* result);
  std::string_view bytes(int row, int column) const;

  std::shared_ptr<pg_result> result_;
};

class Connection {
 public:
  // `address` as libpq takes it: a URI or key=value, several hosts are tried in turn; the one that takes writes is
  // kept. Error store_failed, never with the password.
  static Result<std::unique_ptr<Connection>> open(std::string const& address, Duration patience);
  ~Connection();
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;

  // All statements in one round trip. The first that fails ends it with error store_failed, and the ones behind it are
  // not run: roll back. A connection that is broken() stays so.
  Result<std::vector<Rows>> run(std::span<Query const> queries);
  // One statement, or several without values, outside of the pipeline: for migrations.
  Result<void> execute(std::string const& sql);

  bool broken() const;
  // The server has said that it takes no writes (any more); false within a transaction.
  bool read_only() const;
  // SQLSTATE of the last error; empty: the connection was lost.
  std::string const& state() const { return state_; }

 private:
  Connection(pg_conn* handle, Duration patience) : handle_(handle), patience_(patience) {}
  Result<void> send(std::span<Query const> queries);
  Result<std::vector<Rows>> receive(std::size_t count);
  // Waits until the socket can be read (or, with `or_write`, written), no longer than the patience.
  Result<void> wait(bool or_write, Time until);
  std::unexpected<Error> failed(std::string_view what);
  std::unexpected<Error> lost(std::string_view what);

  pg_conn* handle_;
  Duration const patience_;
  std::string state_;
  bool lost_ = false;
};

// What is the matter, from the SQLSTATE (PostgreSQL documentation, appendix A).
enum class Trouble : std::uint8_t {
  store,     // the server or the way to it: try again, later
  conflict,  // of transactions with each other: try again at once
  data,      // of what was sent: it fails again
};
Trouble trouble_of(std::string const& state);

}  // namespace sotto::postgres
