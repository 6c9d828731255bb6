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
  // True: a row is ready; false: done. Error `store_failed`.
  Result<bool> step();
  // Runs to the end; false rows are dropped.
  Result<void> run();
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

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

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
};

}  // namespace sotto::sqlite
