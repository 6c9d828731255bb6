// SQLite with RAII and Result: open, statements, transactions. Not thread-safe: one connection, one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sotto::sqlite {

class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  ~Statement();
  Statement(Statement const&) = delete;
  Statement& operator=(Statement const&) = delete;

  // Binds ?1, ?2 ... and starts anew. Text must live until the next run().
  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, double value);
  Statement& bind(int at, std::string_view value);
  Statement& bind_bytes(int at, std::string_view value);
  Statement& bind_null(int at);
  // True: a row is ready; false: done. Error `store_failed`.
  Result<bool> step();
  // Runs to the end; rows are dropped.
  Result<void> run();
  // Calls `row` for every row; its first error ends it.
  template <typename Row>
  Result<void> each(Row row);
  // Ends a reading that is not at its end: until then it holds what it reads in place.
  void reset();
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;  // or bytes

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

template <typename Row>
Result<void> Statement::each(Row row) {
  for (;;) {
    auto const more = step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    if (Result<void> done = row(); !done) {
      reset();
      return done;
    }
  }
}

class Database {
 public:
  // WAL, synchronous=FULL: a commit is on disk when it returns (sqlite.org/pragma.html#pragma_synchronous).
  static Result<std::unique_ptr<Database>> open(std::filesystem::path const& file, bool read_only);
  ~Database();
  Database(Database const&) = delete;
  Database& operator=(Database const&) = delete;

  Result<void> execute(char const* sql);
  int changes() const;
  sqlite3* handle() const { return handle_; }

  // From here on nothing is copied from the log into the file but by checkpoint(): not by a commit, nor by the end of
  // the connection.
  void take_over_checkpoints();
  // Pages in the log after the last commit of this connection, once it has taken over.
  int log_pages() const { return log_pages_; }
  // Copies what is in the log into the file, as far as no reader needs what stands there, and syncs the file. Error:
  // nothing of it counts as copied, or `half_copied`: some does and may be lost (docs/adr/0011).
  Result<void> checkpoint();

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
  int log_pages_ = 0;
};

}  // namespace sotto::sqlite
