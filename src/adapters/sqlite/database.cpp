#include "adapters/sqlite/database.h"

#include <sqlite3.h>

#include "base/check.h"

namespace sotto::sqlite {

static std::unexpected<Error> failed(sqlite3* database) {
  return fail("store_failed", std::string("SQLite: ") + sqlite3_errmsg(database));
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement_,
                     nullptr);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int at, std::int64_t value) {
  if (statement_ && at == 1) sqlite3_reset(statement_);
  sqlite3_bind_int64(statement_, at, value);
  return *this;
}

Statement& Statement::bind(int at, double value) {
  if (statement_ && at == 1) sqlite3_reset(statement_);
  sqlite3_bind_double(statement_, at, value);
  return *this;
}

Statement& Statement::bind(int at, std::string_view value) {
  if (statement_ && at == 1) sqlite3_reset(statement_);
  sqlite3_bind_text(statement_, at, value.data() ? value.data() : "", static_cast<int>(value.size()), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind_bytes(int at, std::string_view value) {
  if (statement_ && at == 1) sqlite3_reset(statement_);
  sqlite3_bind_blob(statement_, at, value.data() ? value.data() : "", static_cast<int>(value.size()), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind_null(int at) {
  sqlite3_bind_null(statement_, at);
  return *this;
}

Result<bool> Statement::step() {
  if (!statement_) return failed(database_);
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: sqlite3_reset(statement_); return false;
    default: {
      auto error = failed(database_);
      sqlite3_reset(statement_);
      return error;
    }
  }
}

Result<void> Statement::run() {
  for (;;) {
    auto const more = step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

void Statement::reset() { sqlite3_reset(statement_); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }
std::string Statement::text(int column) const {
  auto const* text = static_cast<char const*>(sqlite3_column_blob(statement_, column));
  return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
}

Result<std::unique_ptr<Database>> Database::open(std::filesystem::path const& file, bool read_only) {
  sqlite3* handle = nullptr;
  int const flags =
      (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX;
  int const code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) return fail("store_failed", "cannot open " + file.string() + ": " + sqlite3_errmsg(handle));
  sqlite3_busy_timeout(handle, 5000);
  if (!read_only) {
    for (auto const* pragma :
         {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=4000"}) {
      if (auto done = database->execute(pragma); !done) return std::unexpected(done.error());
    }
  }
  return database;
}

Database::~Database() { sqlite3_close(handle_); }

Result<void> Database::execute(char const* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failed(handle_);
  return {};
}

void Database::take_over_checkpoints() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_hook(
      handle_,
      [](void* pages, sqlite3*, char const*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &log_pages_);
}

Result<void> Database::checkpoint() {
  int in_log = 0, copied = 0;
  if (sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied) != SQLITE_OK)
    return failed(handle_);
  if (copied >= in_log) return {};
  // SQLite syncs the file when all is copied; what a reader stopped counts as copied all the same.
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file && file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) == SQLITE_OK) return {};
  return fail("half_copied", "SQLite: a checkpoint that a reader stopped half way was not synced");
}

int Database::changes() const { return sqlite3_changes(handle_); }

}  // namespace sotto::sqlite
