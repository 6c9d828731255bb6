// What takes words back: a call sealed anew under its next key, and a call erased.
#include <array>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "adapters/sqlite/log_writer.h"
#include "adapters/sqlite/stored_rows.h"
#include "base/json.h"
#include "base/limits.h"
#include "call/event_codec.h"

namespace sotto::sqlite {

Result<CallSeal> LogWriter::seal_of(std::string const& call, KeyId key) {
  if (auto const known = seals_.find(call); known != seals_.end() && known->second.id() == key) return known->second;
  auto seal = CallSeal::find(keys_, call, key);
  if (!seal && seal.error().code == "no_such_key")
    return fail("damaged", fmt::format("call {} is damaged in the store: its key is gone", call));
  if (!seal) return seal;
  if (seals_.size() >= limits::kCallsMax) seals_.clear();
  return seals_.insert_or_assign(call, std::move(*seal)).first->second;
}

Result<CallSeal> LogWriter::fresh_seal(std::string const& call) {
  auto const key = keys_.fresh();
  if (!key) return std::unexpected(key.error());
  return CallSeal::find(keys_, call, *key);
}

Result<KeyId> LogWriter::redact(std::string const& call, std::int64_t number, EventBody const& body, Time now) {
  auto const row = find_call(call);
  if (!row) return fail("no_such_call", "there is no call " + call);
  auto const before = seal_of(call, row->key);
  if (!before) return std::unexpected(before.error());
  std::string digest;
  auto const info = read_call_info(*database_, *before, digest);
  if (!info) return std::unexpected(info.error());
  auto const last = last_number(call);
  if (!last) return last;
  auto const stored = read_events(*database_, *before, number - 1, 1);
  if (number >= 1 && !stored) return std::unexpected(stored.error());
  if (number < 1 || stored->empty())
    return fail("no_such_event", fmt::format("call {} has events 1 to {}, not {}", call, *last, number));
  auto event = stored->front();
  if (event.body.index() != body.index())
    return fail("bad_event", fmt::format("event {} of call {} is {}: it cannot become {}", number, call,
                                         type_of(event.body), type_of(body)));
  event.body = body;
  auto const after = fresh_seal(call);
  if (!after) return std::unexpected(after.error());
  if (auto done = seal_anew(*before, *after, event); !done) return std::unexpected(done.error());
  Event const told{.call = call,
                   .tenant = row->tenant,
                   .number = *last + 1,
                   .time = now,
                   .body = EventRedacted{.number = number, .type = std::string(type_of(body)), .data = data_of(body)}};
  if (auto done = apply_event(told, *after); !done) return std::unexpected(done.error());
  seals_.erase(call);  // no copy of the key is left
  return row->key;
}

// The text of an event of the call that was redacted: also where an earlier redaction of it told its words.
static Result<std::string> text_after(Event const& redacted, std::int64_t number, std::string_view type,
                                      std::string text) {
  if (number == redacted.number) return boost::json::serialize(to_cloud_event(redacted));
  if (type != Fields<EventRedacted>::type) return text;
  auto object = parse_object(text);
  auto told = object ? event_from_cloud_event(*object) : std::unexpected(object.error());
  if (!told) return std::unexpected(told.error());
  auto& earlier = std::get<EventRedacted>(told->body);
  if (earlier.number != redacted.number) return text;
  (*object)["data"].as_object()["data"] = data_of(redacted.body);
  return boost::json::serialize(*object);
}

Result<void> LogWriter::seal_anew(CallSeal const& before, CallSeal const& after, Event const& redacted) {
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

Result<KeyId> LogWriter::erase(std::string const& call) {
  auto const row = find_call(call);
  if (!row) return fail("no_such_call", "there is no call " + call);
  seals_.erase(call);
  auto const noted = database_->execute(
      "UPDATE given_sequences SET sequence = max(sequence, coalesce((SELECT max(sequence) FROM events), 0))");
  if (!noted) return std::unexpected(noted.error());
  constexpr std::array statements{
      "DELETE FROM events WHERE call = ?1", "DELETE FROM ledger WHERE call = ?1", "DELETE FROM tracks WHERE call = ?1",
      "UPDATE parts SET fence = fence + 1, done = 1, owner = '', snapshot = '' WHERE call = ?1",
      "UPDATE calls SET erased = 1, key = 0, info = '', resume_digest = '', damaged = '', live = 0, cues = 0, late = "
      "0, "
      "heard = 1 WHERE id = ?1"};
  for (auto const* statement : statements) {
    Statement change(database_->handle(), statement);
    if (auto done = change.bind(1, call).run(); !done) return std::unexpected(done.error());
  }
  return row->key;
}

}  // namespace sotto::sqlite
