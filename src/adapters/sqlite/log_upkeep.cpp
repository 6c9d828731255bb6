#include "adapters/sqlite/log_upkeep.h"

#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "adapters/sqlite/stored_rows.h"

namespace sotto::sqlite {

namespace {

// What is damaged is sealed too, and its call set aside: after that no checksum tells.
Result<void> seal_call(LogWriter& writer, CallSeal const& seal) {
  auto& database = writer.database();
  auto const& call = seal.call();
  std::string damaged;
  Statement events(database.handle(), "SELECT sequence, number, time_us, body, crc FROM events WHERE call = ?1");
  Statement change(database.handle(), "UPDATE events SET body = ?2, crc = -1 WHERE sequence = ?1");
  auto sealed = events.bind(1, call).each([&]() -> Result<void> {
    auto const number = events.integer(1), time_us = events.integer(2);
    auto const text = events.text(3);
    if (auto whole = check_event(call, number, time_us, text, events.integer(4)); !whole)
      damaged = whole.error().message;
    return change.bind(1, events.integer(0)).bind_bytes(2, seal.seal_event(number, time_us, text)).run();
  });
  if (!sealed) return sealed;
  if (!damaged.empty()) {
    if (auto aside = writer.set_aside(call, damaged); !aside) return std::unexpected(aside.error());
  }
  Statement parts(database.handle(), "SELECT part, snapshot FROM parts WHERE call = ?1 AND snapshot <> ''");
  Statement change_part(database.handle(), "UPDATE parts SET snapshot = ?3 WHERE call = ?1 AND part = ?2");
  sealed = parts.bind(1, call).each([&] {
    change_part.bind(1, call).bind(2, parts.integer(0));
    return change_part.bind_bytes(3, seal.seal_snapshot(parts.text(1))).run();
  });
  if (!sealed) return sealed;
  Statement info(database.handle(), "SELECT info FROM calls WHERE id = ?1");
  if (auto const found = info.bind(1, call).step(); !found) return std::unexpected(found.error());
  Statement change_call(database.handle(), "UPDATE calls SET info = ?2, key = ?3 WHERE id = ?1");
  return change_call.bind(1, call).bind_bytes(2, seal.seal_info(info.text(0))).bind(3, seal.id()).run();
}

Result<std::vector<std::string>> some_clear_calls(Database& database) {
  std::vector<std::string> out;
  Statement calls(database.handle(), "SELECT id FROM calls WHERE key = 0 AND erased = 0 LIMIT 16");
  auto read = calls.each([&]() -> Result<void> {
    out.push_back(calls.text(0));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

// One transaction.
Result<void> seal_calls(LogWriter& writer, CallKeys& keys, std::vector<std::string> const& calls) {
  auto& database = writer.database();
  if (auto begun = database.execute("BEGIN IMMEDIATE; INSERT OR IGNORE INTO upkeep VALUES('overwrite')"); !begun)
    return begun;
  for (auto const& call : calls) {
    auto const key = keys.fresh();
    auto const seal = key ? CallSeal::find(keys, call, *key) : std::unexpected(key.error());
    auto const done = seal ? seal_call(writer, *seal) : std::unexpected(seal.error());
    if (!done) {
      static_cast<void>(database.execute("ROLLBACK"));
      return done;
    }
  }
  return database.execute("COMMIT");
}

struct NamedCall {
  std::string id, team, agent;
};

// The next calls behind `id` with what their infos say; empty: there are none.
Result<std::vector<NamedCall>> some_scopes(Database& database, CallKeys& keys, std::string const& after) {
  std::vector<NamedCall> out;
  Statement calls(database.handle(),
                  "SELECT id, key, info FROM calls WHERE erased = 0 AND id > ?1 ORDER BY id LIMIT 256");
  auto read = calls.bind(1, after).each([&]() -> Result<void> {
    auto& call = out.emplace_back(NamedCall{.id = calls.text(0), .team = {}, .agent = {}});
    auto const seal = CallSeal::find(keys, call.id, calls.integer(1));
    if (!seal && seal.error().code == "no_such_key") return {};
    if (!seal) return std::unexpected(seal.error());
    auto const text = seal->open_info(calls.text(2));
    auto info = text ? read_info(*text, call.id) : std::unexpected(text.error());
    if (info) std::tie(call.team, call.agent) = std::pair(std::move(info->team), std::move(info->agent));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

// One transaction.
Result<void> write_scopes(Database& database, std::vector<NamedCall> const& calls) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
  Statement change(database.handle(), "UPDATE calls SET team = ?2, agent = ?3 WHERE id = ?1");
  for (auto const& [id, team, agent] : calls) {
    if (auto done = change.bind(1, id).bind(2, team).bind(3, agent).run(); !done) {
      static_cast<void>(database.execute("ROLLBACK"));
      return done;
    }
  }
  return database.execute("COMMIT");
}

Result<bool> is_due(Database& database, std::string_view task) {
  Statement due(database.handle(), "SELECT 1 FROM upkeep WHERE task = ?1");
  return due.bind(1, task).step();
}

// Pages that were freed are gone after VACUUM, and the log of it with them.
Result<void> overwrite_free_pages(Database& database) {
  if (auto const due = is_due(database, "overwrite"); !due || !*due)
    return due ? Result<void>() : std::unexpected(due.error());
  spdlog::info("the store is rewritten, so that nothing in the clear is left in it");
  return database.execute(
      "PRAGMA secure_delete = ON; VACUUM; PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM upkeep WHERE task = "
      "'overwrite'; "
      "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA secure_delete = OFF");
}

}  // namespace

Result<void> seal_clear_calls(LogWriter& writer, CallKeys& keys) {
  for (std::size_t sealed = 0;;) {
    auto const calls = some_clear_calls(writer.database());
    if (!calls) return std::unexpected(calls.error());
    if (calls->empty()) break;
    if (auto done = seal_calls(writer, keys, *calls); !done) return done;
    sealed += calls->size();
    spdlog::info("{} calls of an earlier version sealed", sealed);
  }
  return overwrite_free_pages(writer.database());
}

Result<void> name_scopes(Database& database, CallKeys& keys) {
  if (auto const due = is_due(database, "scopes"); !due || !*due)
    return due ? Result<void>() : std::unexpected(due.error());
  std::string last;
  for (std::size_t named = 0;;) {
    auto const calls = some_scopes(database, keys, last);
    if (!calls) return std::unexpected(calls.error());
    if (calls->empty()) break;
    if (auto done = write_scopes(database, *calls); !done) return done;
    last = calls->back().id;
    named += calls->size();
    spdlog::info("teams and agents of {} calls of an earlier version can be looked for", named);
  }
  return database.execute("DELETE FROM upkeep WHERE task = 'scopes'");
}

Result<void> destroy_unnamed_keys(Database& database, CallKeys& keys) {
  std::set<KeyId> named;
  Statement rows(database.handle(), "SELECT key FROM calls WHERE key <> 0");
  auto read = rows.each([&]() -> Result<void> {
    named.insert(rows.integer(0));
    return {};
  });
  if (!read) return read;
  auto const all = keys.all();
  if (!all) return std::unexpected(all.error());
  for (auto const key : *all) {
    if (named.contains(key)) continue;
    if (auto done = keys.destroy(key); !done) return done;
  }
  return {};
}

}  // namespace sotto::sqlite
