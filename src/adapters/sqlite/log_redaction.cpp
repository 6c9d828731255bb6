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

// The events as they are from now on.
Result<LogWriter::Redacted> LogWriter::redacted(CallSeal const& seal, std::vector<Redaction> const& events,
                                                std::int64_t last) {
  Redacted out;
  for (auto const& [number, body] : events) {
    if (number < 1 || number > last)
      return fail("no_such_event", fmt::format("call {} has events 1 to {}, not {}", seal.call(), last, number));
    auto stored = read_events(*database_, seal, number - 1, 1);
    if (!stored) return std::unexpected(stored.error());
    auto& event = stored->front();
    if (event.body.index() != body.index())
      return fail("bad_event", fmt::format("event {} of call {} is {}: it cannot become {}", number, seal.call(),
                                           type_of(event.body), type_of(body)));
    event.body = body;
    out.insert_or_assign(number, std::move(event));
  }
  return out;
}

Result<LogWriter::TakenBack> LogWriter::redact(std::string const& call, std::vector<Redaction> const& events,
                                               Time now) {
  auto const row = find_call(call);
  if (!row) return fail("no_such_call", "there is no call " + call);
  auto const before = seal_of(call, row->key);
  if (!before) return std::unexpected(before.error());
  std::string digest;
  auto const info = read_call_info(*database_, *before, digest);
  if (!info) return std::unexpected(info.error());
  auto const last = last_number(call);
  if (!last) return std::unexpected(last.error());
  if (events.empty()) return TakenBack{.key = 0, .first = *last + 1};
  auto const changed = redacted(*before, events, *last);
  if (!changed) return std::unexpected(changed.error());
  auto const after = fresh_seal(call);
  if (!after) return std::unexpected(after.error());
  if (auto done = seal_anew(*before, *after, *changed); !done) return std::unexpected(done.error());
  auto number = *last;
  for (auto const& [of, body] : events) {
    EventRedacted told{.number = of, .type = std::string(type_of(body)), .data = data_of(body)};
    Event const event{.call = call, .tenant = row->tenant, .number = ++number, .time = now, .body = std::move(told)};
    if (auto done = apply_event(event, *after); !done) return std::unexpected(done.error());
  }
  seals_.erase(call);  // no copy of the key is left
  return TakenBack{.key = row->key, .first = *last + 1};
}

// The text of an event of the call, where it was redacted or an earlier redaction told its words the new one.
static Result<std::string> text_after(std::map<std::int64_t, Event> const& redacted, std::int64_t number,
                                      std::string_view type, std::string text) {
  if (auto const own = redacted.find(number); own != redacted.end())
    return boost::json::serialize(to_cloud_event(own->second));
  if (type != Fields<EventRedacted>::type) return text;
  auto object = parse_object(text);
  auto told = object ? event_from_cloud_event(*object) : std::unexpected(object.error());
  if (!told) return std::unexpected(told.error());
  auto const of = redacted.find(std::get<EventRedacted>(told->body).number);
  if (of == redacted.end()) return text;
  (*object)["data"].as_object()["data"] = data_of(of->second.body);
  return boost::json::serialize(*object);
}

Result<void> LogWriter::seal_anew(CallSeal const& before, CallSeal const& after, Redacted const& redacted) {
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

Result<LogWriter::TakenBack> LogWriter::erase(std::string const& call) {
  auto const row = find_call(call);
  if (!row) return fail("no_such_call", "there is no call " + call);
  seals_.erase(call);
  auto const noted = database_->execute(
      "UPDATE given_sequences SET sequence = max(sequence, coalesce((SELECT max(sequence) FROM events), 0))");
  if (!noted) return std::unexpected(noted.error());
  constexpr std::array statements{
      "DELETE FROM events WHERE call = ?1", "DELETE FROM ledger WHERE call = ?1", "DELETE FROM tracks WHERE call = ?1",
      "UPDATE parts SET fence = fence + 1, done = 1, owner = '', snapshot = '' WHERE call = ?1",
      "UPDATE calls SET erased = 1, key = 0, info = '', resume_digest = '', team = '', agent = '', damaged = '', "
      "live = 0, cues = 0, late = 0, heard = 1 WHERE id = ?1"};
  for (auto const* statement : statements) {
    Statement change(database_->handle(), statement);
    if (auto done = change.bind(1, call).run(); !done) return std::unexpected(done.error());
  }
  return TakenBack{.key = row->key};
}

}  // namespace sotto::sqlite
