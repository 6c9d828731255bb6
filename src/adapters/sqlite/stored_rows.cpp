#include "adapters/sqlite/stored_rows.h"

#include <algorithm>

#include <fmt/format.h>

namespace sotto::sqlite {

Seals::Seals(Database& database, CallKeys& keys, bool last_try)
    : sotto::Seals(keys, last_try), key_(database.handle(), "SELECT key FROM calls WHERE id = ?1") {}

Result<CallSeal const*> Seals::of(std::string const& call) {
  if (auto const* seal = known(call)) return seal;
  auto const found = key_.bind(1, call).step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail("no_such_call", "there is no call " + call);
  auto const id = key_.integer(0);
  key_.reset();
  return sotto::Seals::of(call, id);
}

static Result<std::vector<LedgerRow>> read_ledger(Database& database, std::string const& call, Track track) {
  Statement rows(
      database.handle(),
      "SELECT first, past, coverage, utterance, reason FROM ledger WHERE call = ?1 AND track = ?2 ORDER BY first");
  std::vector<LedgerRow> out;
  auto read = rows.bind(1, call).bind(2, static_cast<std::int64_t>(track)).each([&]() -> Result<void> {
    auto const coverage = static_cast<Coverage>(std::clamp<std::int64_t>(rows.integer(2), 0, 255));
    out.push_back({rows.integer(0), rows.integer(1), coverage, rows.integer(3), rows.text(4)});
    return {};
  });
  if (!read) return std::unexpected(read.error());
  if (auto checked = check_ledger(call, name(track), out); !checked) return std::unexpected(checked.error());
  return out;
}

Result<std::map<Track, std::vector<LedgerRow>>> read_ledger(Database& database, std::string const& call,
                                                            std::vector<Track> const& tracks) {
  std::map<Track, std::vector<LedgerRow>> out;
  for (auto const track : tracks) {
    auto rows = read_ledger(database, call, track);
    if (!rows) return std::unexpected(rows.error());
    out.emplace(track, std::move(*rows));
  }
  return out;
}

Result<std::vector<Event>> read_events(Database& database, CallSeal const& seal, std::int64_t after, std::size_t most) {
  Statement rows(database.handle(),
                 "SELECT number, time_us, body, crc FROM events WHERE call = ?1 AND number > ?2 "
                 "ORDER BY number LIMIT ?3");
  std::vector<Event> out;
  rows.bind(1, seal.call()).bind(2, after).bind(3, static_cast<std::int64_t>(most));
  auto read = rows.each([&]() -> Result<void> {
    auto event = read_event(seal, rows.integer(0), rows.integer(1), rows.text(2), rows.integer(3));
    if (!event) return std::unexpected(event.error());
    auto const due = after + std::ssize(out) + 1;
    if (event->number != due) return damaged_call(seal.call(), fmt::format("event {} is missing", due));
    out.push_back(std::move(*event));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

Result<void> check_events(Database& database, CallSeal const& seal) {
  Statement rows(database.handle(), "SELECT number, time_us, body, crc FROM events WHERE call = ?1 ORDER BY number");
  std::int64_t due = 0;
  return rows.bind(1, seal.call()).each([&]() -> Result<void> {
    auto const number = rows.integer(0);
    if (number != ++due) return damaged_call(seal.call(), fmt::format("event {} is missing", due));
    return check_event(seal, number, rows.integer(1), rows.text(2), rows.integer(3));
  });
}

Result<CallInfo> read_call_info(Database& database, CallSeal const& seal, std::string& resume_digest) {
  auto const& call = seal.call();
  Statement calls(database.handle(), "SELECT info, resume_digest, damaged, erased FROM calls WHERE id = ?1");
  auto const found = calls.bind(1, call).step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail("no_such_call", "there is no call " + call);
  if (calls.integer(3) != 0) return fail("erased", "what was said in call " + call + " was erased");
  if (!calls.text(2).empty()) return fail("damaged", calls.text(2));
  resume_digest = calls.text(1);
  auto const text = seal.open_info(calls.text(0));
  if (!text) return std::unexpected(text.error());
  return read_info(*text, call);
}

}  // namespace sotto::sqlite
