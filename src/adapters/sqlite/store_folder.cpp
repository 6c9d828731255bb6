#include "adapters/sqlite/store_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/sqlite/database.h"
#include "adapters/sqlite/schema.sql.h"

namespace sotto::sqlite {

static Result<void> migrate(Database& database) {
  Statement version(database.handle(), "PRAGMA user_version");
  if (auto row = version.step(); !row) return std::unexpected(row.error());
  auto const done = version.integer(0);
  version.reset();
  auto const known = static_cast<std::int64_t>(std::size(kMigrations));
  if (done > known)
    return fail("store_failed", fmt::format("the store has version {}, this program knows {}", done, known));
  for (auto next = done; next < known; ++next) {
    auto const sql = fmt::format("BEGIN; {}; PRAGMA user_version = {}; COMMIT;", kMigrations[next], next + 1);
    if (auto ran = database.execute(sql.c_str()); !ran) return ran;
  }
  return {};
}

// Words of callers stand there: whoever may write in the folder could put another file in its place.
static Result<void> check_folder(std::filesystem::path const& directory) {
  struct stat folder{};
  if (::stat(directory.c_str(), &folder) != 0) return fail("store_failed", "cannot look at " + directory.string());
  if ((folder.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail("store_failed",
                fmt::format("others may write in {}: take a folder of its own, or chmod go-w it", directory.string()));
  if (folder.st_uid != ::geteuid())
    return fail("store_failed", fmt::format("{} belongs to another user", directory.string()));
  return {};
}

Result<StoreFolder> StoreFolder::open(std::filesystem::path const& directory) {
  std::error_code failed;
  bool const made = std::filesystem::create_directories(directory, failed);
  if (failed) return fail("store_failed", "cannot create " + directory.string() + ": " + failed.message());
  if (made) std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  if (auto safe = check_folder(directory); !safe) return std::unexpected(safe.error());
  int const lock = ::open((directory / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock < 0) return fail("store_failed", "cannot write in " + directory.string());
  StoreFolder folder(directory, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
    return fail("store_in_use", directory.string() + " is in use by another sotto");
  auto database = Database::open(folder.file(), false);
  if (!database) return std::unexpected(database.error());
  if (auto done = migrate(**database); !done)
    return fail("store_failed", fmt::format("{}: {}", folder.file().string(), done.error().message));
  return folder;
}

StoreFolder::StoreFolder(std::filesystem::path directory, int lock) : directory_(std::move(directory)), lock_(lock) {}

StoreFolder::StoreFolder(StoreFolder&& other) noexcept
    : directory_(std::move(other.directory_)), lock_(std::exchange(other.lock_, -1)) {}

StoreFolder::~StoreFolder() {
  if (lock_ >= 0) ::close(lock_);
}

// Beside everything else: it reads every page.
void check_pages(std::filesystem::path const& file) {
  auto database = Database::open(file, true);
  if (!database) return;
  Statement check((*database)->handle(), "PRAGMA quick_check(1)");
  auto const found = check.step();
  if (found && *found && check.text(0) == "ok") return;
  spdlog::error(
      "the store {} is damaged: {}; stop the server and restore it, or copy what is left with `sqlite3 .recover`",
      file.string(), found ? check.text(0) : found.error().message);
}

}  // namespace sotto::sqlite
