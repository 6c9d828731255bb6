#include "adapters/sqlite/stored_rows.h"

#include <boost/crc.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "call/event_codec.h"

namespace sotto::sqlite {

std::int64_t checksum(std::string_view call, std::int64_t number, std::int64_t time_us, std::string_view body) {
  boost::crc_32_type crc;
  auto const head = fmt::format("{}\n{}\n{}\n", call, number, time_us);
  crc.process_bytes(head.data(), head.size());
  crc.process_bytes(body.data(), body.size());
  return crc.checksum();
}

static std::unexpected<Error> damaged(std::string const& call, std::string const& what) {
  return fail("damaged", fmt::format("call {} is damaged in the store: {}", call, what));
}

Result<CallInfo> read_info(std::string const& text, std::string const& call) {
  auto const object = parse_object(text);
  if (!object) return damaged(call, "its description is " + object.error().message);
  auto read = from_json<CallInfo>(*object);
  if (!read) return damaged(call, "its description is no call's: " + read.error().message);
  auto& info = *read;
  if (info.id != call) return damaged(call, "its description is another call's");
  if (info.tracks.empty() || info.format.rate < 8000 || info.format.rate > 48000 || !(info.speed > 0))
    return damaged(call, "its description names no audio that can be");
  return read;
}

Result<void> check_event(std::string const& call, std::int64_t number, std::int64_t time_us, std::string const& body,
                         std::int64_t crc) {
  if (crc >= 0 && crc != checksum(call, number, time_us, body))
    return damaged(call, fmt::format("event {} does not have its checksum", number));
  return {};
}

Result<Event> read_event(std::string const& call, std::int64_t number, std::int64_t time_us, std::string const& body,
                         std::int64_t crc) {
  if (auto checked = check_event(call, number, time_us, body, crc); !checked) return std::unexpected(checked.error());
  auto const object = parse_object(body);
  if (!object) return damaged(call, fmt::format("event {} is {}", number, object.error().message));
  auto event = event_from_cloud_event(*object);
  if (!event) return damaged(call, fmt::format("event {} is {}", number, event.error().message));
  if (event->call != call || event->number != number)
    return damaged(call, fmt::format("event {} is another one", number));
  event->time = Time(Duration(time_us));
  return event;
}

Result<Event> read_event(CallSeal const& seal, std::int64_t number, std::int64_t time_us, std::string stored,
                         std::int64_t crc) {
  auto const text = seal.open_event(number, time_us, std::move(stored));
  if (!text) return std::unexpected(text.error());
  return read_event(seal.call(), number, time_us, *text, seal.id() == 0 ? crc : -1);
}

Result<void> check_event(CallSeal const& seal, std::int64_t number, std::int64_t time_us, std::string stored,
                         std::int64_t crc) {
  auto const text = seal.open_event(number, time_us, std::move(stored));
  if (!text) return std::unexpected(text.error());
  return check_event(seal.call(), number, time_us, *text, seal.id() == 0 ? crc : -1);
}

static Result<std::vector<LedgerRow>> read_ledger(Database& database, std::string const& call, Track track) {
  Statement rows(
      database.handle(),
      "SELECT first, past, coverage, utterance, reason FROM ledger WHERE call = ?1 AND track = ?2 ORDER BY first");
  std::vector<LedgerRow> out;
  auto read = rows.bind(1, call).bind(2, static_cast<std::int64_t>(track)).each([&]() -> Result<void> {
    auto const coverage = rows.integer(2);
    if (coverage <= 0 || coverage > static_cast<std::int64_t>(Coverage::gap))
      return damaged(call, "its ledger holds a coverage that does not exist");
    out.push_back({rows.integer(0), rows.integer(1), static_cast<Coverage>(coverage), rows.integer(3), rows.text(4)});
    return {};
  });
  if (!read) return std::unexpected(read.error());
  if (!Ledger::from_rows(out))
    return damaged(call, fmt::format("the ledger of track {} does not cover it", name(track)));
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
    if (event->number != due) return damaged(seal.call(), fmt::format("event {} is missing", due));
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
    if (number != ++due) return damaged(seal.call(), fmt::format("event {} is missing", due));
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
