// What takes words back: a call sealed anew under its next key, and a call erased.
#include <array>

#include <fmt/format.h>

#include "adapters/sqlite/log_writer.h"
#include "adapters/sqlite/stored_rows.h"

namespace sotto::sqlite {

Result<Resealed> LogWriter::redact(std::string const& call, std::vector<Redaction> const& events, Time now) {
  auto const row = find_call(call);
  if (!row) return fail("no_such_call", "there is no call " + call);
  auto const before = seals_.of(call, row->key);
  if (!before) return std::unexpected(before.error());
  std::string digest;
  auto const info = read_call_info(*database_, *before, digest);
  if (!info) return std::unexpected(info.error());
  auto const last = last_number(call);
  if (!last) return std::unexpected(last.error());
  if (events.empty()) return Resealed{.key = 0, .first = *last + 1};
  auto const changed = redacted_events(call, events, *last, [&](std::int64_t number) -> Result<Event> {
    auto stored = read_events(*database_, *before, number - 1, 1);
    if (!stored) return std::unexpected(stored.error());
    return std::move(stored->front());
  });
  if (!changed) return std::unexpected(changed.error());
  auto const after = seals_.fresh(call);
  if (!after) return std::unexpected(after.error());
  if (auto done = seal_anew(*before, *after, *changed); !done) return std::unexpected(done.error());
  auto number = *last;
  for (auto& told : redactions_told(events)) {
    Event const event{.call = call, .tenant = row->tenant, .number = ++number, .time = now, .body = std::move(told)};
    if (auto done = apply_event(event, *after); !done) return std::unexpected(done.error());
  }
  seals_.forget(call);
  return Resealed{.key = row->key, .first = *last + 1};
}

Result<void> LogWriter::seal_anew(CallSeal const& before, CallSeal const& after, RedactedEvents const& redacted) {
  auto const& call = before.call();
  Statement rows(database_->handle(),
                 "SELECT sequence, number, time_us, body, type FROM events WHERE call = ?1 ORDER BY number");
  Statement change(database_->handle(), "UPDATE events SET body = ?2, crc = -1 WHERE sequence = ?1");
  auto rewritten = rows.bind(1, call).each([&]() -> Result<void> {
    auto const number = rows.integer(1), time_us = rows.integer(2);
    auto text = before.open_event(number, time_us, rows.text(3));
    if (text) text = text_after(redacted, number, rows.text(4), std::move(*text));
    if (!text) return std::unexpected(text.error());
    return change.bind(1, rows.integer(0)).bind_bytes(2, after.seal_event(number, time_us, *text)).run();
  });
  if (!rewritten) return rewritten;
  Statement info(database_->handle(), "SELECT info FROM calls WHERE id = ?1");
  if (auto const found = info.bind(1, call).step(); !found) return std::unexpected(found.error());
  auto const text = before.open_info(info.text(0));
  if (!text) return std::unexpected(text.error());
  Statement change_call(database_->handle(), "UPDATE calls SET info = ?2, key = ?3 WHERE id = ?1");
  change_call.bind(1, call).bind_bytes(2, after.seal_info(*text)).bind(3, after.id());
  if (auto done = change_call.run(); !done) return done;
  // A snapshot may hold the words: its part makes another from the events.
  Statement drop(database_->handle(), "UPDATE parts SET snapshot = '' WHERE call = ?1");
  return drop.bind(1, call).run();
}

Result<Resealed> LogWriter::erase(std::string const& call) {
  auto const row = find_call(call);
  if (!row) return fail("no_such_call", "there is no call " + call);
  seals_.forget(call);
  auto const noted = database_->execute(
      "UPDATE given_sequences SET sequence = max(sequence, coalesce((SELECT max(sequence) FROM events), 0))");
  if (!noted) return std::unexpected(noted.error());
  constexpr std::array statements{
      "DELETE FROM events WHERE call = ?1", "DELETE FROM ledger WHERE call = ?1", "DELETE FROM tracks WHERE call = ?1",
      "UPDATE parts SET fence = fence + 1, done = 1, owner = '', snapshot = '' WHERE call = ?1",
      "UPDATE calls SET erased = 1, key = 0, info = '', resume_digest = '', team = '', agent = '', region = '', "
      "damaged = '', "
      "live = 0, cues = 0, late = 0, heard = 1, stored = 0 WHERE id = ?1"};
  for (auto const* statement : statements) {
    Statement change(database_->handle(), statement);
    if (auto done = change.bind(1, call).run(); !done) return std::unexpected(done.error());
  }
  return Resealed{.key = row->key};
}

}  // namespace sotto::sqlite
