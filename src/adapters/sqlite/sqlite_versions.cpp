#include "adapters/sqlite/sqlite_versions.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "adapters/openssl/secrets.h"

namespace sotto::sqlite {

namespace {

// A change is a new table or column here and a step from the version before; user_version counts them.
constexpr char const* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, number INTEGER NOT NULL, digest TEXT NOT NULL,
  who TEXT NOT NULL, at_us INTEGER NOT NULL, UNIQUE (tenant, number)
);
CREATE TABLE IF NOT EXISTS files (
  version INTEGER NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (version, path)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_by_digest ON files(digest);
CREATE TABLE IF NOT EXISTS contents (digest TEXT PRIMARY KEY, bytes INTEGER NOT NULL, packed BLOB NOT NULL);
PRAGMA user_version = 1;
)sql";

std::string packed(std::string const& bytes) {
  auto size = compressBound(bytes.size());
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<Bytef const*>(bytes.data()), bytes.size(),
            Z_BEST_SPEED);
  out.resize(size);
  return out;
}

// Nullopt: it is not what was packed.
std::optional<std::string> unpacked(std::string const& stored, std::size_t bytes) {
  std::string out(bytes, '\0');
  auto size = static_cast<uLongf>(bytes);
  auto const done = uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                               reinterpret_cast<Bytef const*>(stored.data()), stored.size());
  return done == Z_OK && size == bytes ? std::optional(std::move(out)) : std::nullopt;
}

// What SQLite makes beside it (its log) has the same mode.
Result<void> make_private(std::filesystem::path const& file) {
  int const descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return fail("store_failed", fmt::format("{}: {}", file.string(), std::strerror(errno)));
  ::close(descriptor);
  return {};
}

}  // namespace

Result<std::unique_ptr<SqliteVersions>> SqliteVersions::open(std::filesystem::path const& file, VersionBounds bounds) {
  if (auto made = make_private(file); !made) return std::unexpected(made.error());
  auto database = Database::open(file, false);
  if (!database) return std::unexpected(database.error());
  if (auto done = (*database)->execute(kSchema); !done) return std::unexpected(done.error());
  return std::unique_ptr<SqliteVersions>(new SqliteVersions(std::move(*database), bounds));
}

Result<std::unique_ptr<SqliteVersions>> SqliteVersions::open_to_read(std::filesystem::path const& file) {
  std::error_code failed;
  if (!std::filesystem::exists(file, failed))
    return fail("no_versions",
                fmt::format("{} is not there: no server has kept versions in this folder", file.string()));
  auto database = Database::open(file, true);
  if (!database) return std::unexpected(database.error());
  return std::unique_ptr<SqliteVersions>(new SqliteVersions(std::move(*database), {}));
}

// --- what is kept ---

Result<std::int64_t> SqliteVersions::keep(std::string const& tenant, std::string const& digest, std::string const& who,
                                          Time at, std::vector<VersionFile> const& files) {
  std::vector<Stored> now;
  for (auto const& file : files) now.push_back({file.path, app::digest(file.bytes)});
  std::ranges::sort(now, {}, &Stored::path);
  if (auto begun = database_->execute("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
  auto const done = [&]() -> Result<std::int64_t> {
    auto const newest = rows(tenant, 1);
    if (!newest) return std::unexpected(newest.error());
    std::int64_t number = 1;
    if (!newest->empty()) {
      auto const before = stored(newest->front().id);
      if (!before) return std::unexpected(before.error());
      if (*before == now) return newest->front().facts.number;
      number = newest->front().facts.number + 1;
    }
    VersionFacts const facts{.number = number, .digest = digest, .who = who, .at = at};
    if (auto added = add(tenant, facts, files, now); !added) return std::unexpected(added.error());
    if (auto cut = forget_oldest(tenant); !cut) return std::unexpected(cut.error());
    return number;
  }();
  auto const ended = database_->execute(done ? "COMMIT" : "ROLLBACK");
  return done && !ended ? std::unexpected(ended.error()) : done;
}

Result<void> SqliteVersions::add(std::string const& tenant, VersionFacts const& facts,
                                 std::vector<VersionFile> const& files, std::vector<Stored> const& stored) {
  Statement version(database_->handle(),
                    "INSERT INTO versions(tenant, number, digest, who, at_us) VALUES(?1, ?2, ?3, ?4, ?5) RETURNING id");
  version.bind(1, tenant).bind(2, facts.number).bind(3, facts.digest).bind(4, facts.who);
  version.bind(5, facts.at.time_since_epoch().count());
  if (auto const row = version.step(); !row) return std::unexpected(row.error());
  auto const id = version.integer(0);
  version.reset();
  std::map<std::string_view, std::string const*> bytes;
  for (auto const& file : files) bytes.emplace(file.path, &file.bytes);
  Statement insert(database_->handle(), "INSERT INTO files(version, path, digest) VALUES(?1, ?2, ?3)");
  for (auto const& [path, digest] : stored) {
    if (auto done = insert.bind(1, id).bind(2, path).bind(3, digest).run(); !done) return done;
    if (auto done = add_bytes(digest, *bytes.at(path)); !done) return done;
  }
  return {};
}

Result<void> SqliteVersions::add_bytes(std::string const& digest, std::string const& bytes) {
  Statement known(database_->handle(), "SELECT 1 FROM contents WHERE digest = ?1");
  auto const found = known.bind(1, digest).step();
  if (!found) return std::unexpected(found.error());
  if (*found) return {};
  Statement insert(database_->handle(), "INSERT INTO contents(digest, bytes, packed) VALUES(?1, ?2, ?3)");
  return insert.bind(1, digest).bind(2, static_cast<std::int64_t>(bytes.size())).bind_bytes(3, packed(bytes)).run();
}

// --- what goes ---

Result<void> SqliteVersions::forget_oldest(std::string const& tenant) {
  auto all = rows(tenant, bounds_.versions + 1000);
  if (!all) return std::unexpected(all.error());
  while (all->size() > 1) {
    auto const bytes = bytes_of(tenant);
    if (!bytes) return std::unexpected(bytes.error());
    if (all->size() <= bounds_.versions && *bytes <= bounds_.bytes) return {};
    if (auto done = forget(all->back().id); !done) return done;
    all->pop_back();
  }
  return {};
}

Result<void> SqliteVersions::forget(std::int64_t version) {
  for (auto const* sql : {"DELETE FROM files WHERE version = ?1", "DELETE FROM versions WHERE id = ?1"}) {
    Statement statement(database_->handle(), sql);
    if (auto done = statement.bind(1, version).run(); !done) return done;
  }
  return database_->execute("DELETE FROM contents WHERE digest NOT IN (SELECT digest FROM files)");
}

Result<std::uint64_t> SqliteVersions::bytes_of(std::string const& tenant) {
  Statement sum(database_->handle(),
                "SELECT coalesce(sum(bytes), 0) FROM contents WHERE digest IN (SELECT files.digest FROM files "
                "JOIN versions ON versions.id = files.version WHERE tenant = ?1)");
  if (auto const found = sum.bind(1, tenant).step(); !found) return std::unexpected(found.error());
  return static_cast<std::uint64_t>(sum.integer(0));
}

// --- what is asked ---

Result<std::vector<SqliteVersions::Row>> SqliteVersions::rows(std::string const& tenant, std::size_t most) {
  Statement versions(
      database_->handle(),
      "SELECT id, number, digest, who, at_us FROM versions WHERE tenant = ?1 ORDER BY number DESC LIMIT ?2");
  std::vector<Row> out;
  auto read = versions.bind(1, tenant).bind(2, static_cast<std::int64_t>(most)).each([&]() -> Result<void> {
    out.push_back({.id = versions.integer(0),
                   .facts = {.number = versions.integer(1),
                             .digest = versions.text(2),
                             .who = versions.text(3),
                             .at = Time(Duration(versions.integer(4)))}});
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

Result<std::vector<SqliteVersions::Stored>> SqliteVersions::stored(std::int64_t version) {
  Statement files(database_->handle(), "SELECT path, digest FROM files WHERE version = ?1 ORDER BY path");
  std::vector<Stored> out;
  auto read = files.bind(1, version).each([&]() -> Result<void> {
    out.push_back({files.text(0), files.text(1)});
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

Result<std::vector<VersionFacts>> SqliteVersions::list(std::string const& tenant) {
  auto const all = rows(tenant, bounds_.versions + 1000);
  if (!all) return std::unexpected(all.error());
  std::vector<VersionFacts> out;
  std::map<std::string, std::string> before;  // of the version before, path -> digest
  for (auto row = all->rbegin(); row != all->rend(); ++row) {
    auto const files = stored(row->id);
    if (!files) return std::unexpected(files.error());
    auto& facts = out.emplace_back(row->facts);
    facts.files = files->size();
    std::map<std::string, std::string> now;
    for (auto const& [path, digest] : *files) {
      auto const known = before.find(path);
      if (known == before.end()) facts.added.push_back(path);
      else if (known->second != digest) facts.changed.push_back(path);
      now.emplace(path, digest);
    }
    for (auto const& [path, digest] : before) {
      if (!now.contains(path)) facts.removed.push_back(path);
    }
    before = std::move(now);
  }
  std::ranges::reverse(out);
  return out;
}

Result<std::vector<VersionFile>> SqliteVersions::files(std::string const& tenant, std::int64_t number) {
  Statement version(database_->handle(), "SELECT id FROM versions WHERE tenant = ?1 AND number = ?2");
  auto const found = version.bind(1, tenant).bind(2, number).step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail("no_such_version", fmt::format("tenant {} has no version {} that is kept", tenant, number));
  Statement rows(
      database_->handle(),
      "SELECT path, files.digest, bytes, packed FROM files LEFT JOIN contents ON contents.digest = files.digest "
      "WHERE version = ?1 ORDER BY path");
  std::vector<VersionFile> out;
  auto read = rows.bind(1, version.integer(0)).each([&]() -> Result<void> {
    auto bytes = unpacked(rows.text(3), static_cast<std::size_t>(rows.integer(2)));
    if (!bytes || app::digest(*bytes) != rows.text(1))
      return fail("damaged", fmt::format("version {} of tenant {} is damaged in the store: {} is not what was kept",
                                         number, tenant, rows.text(0)));
    out.push_back({rows.text(0), std::move(*bytes)});
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

Result<std::vector<std::string>> SqliteVersions::tenants() {
  Statement names(
      database_->handle(),
      "SELECT tenant FROM versions AS newest WHERE number = (SELECT max(number) FROM versions WHERE tenant = "
      "newest.tenant) AND EXISTS (SELECT 1 FROM files WHERE version = newest.id) ORDER BY tenant");
  std::vector<std::string> out;
  auto read = names.each([&]() -> Result<void> {
    out.push_back(names.text(0));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

}  // namespace sotto::sqlite
