#include "adapters/postgres/stored_rows.h"

#include <algorithm>

#include <fmt/format.h>

namespace sotto::postgres {

Query call_row(std::string_view call, std::string_view lock) {
  return {
      "SELECT tenant, team, agent, info, resume_digest, damaged, key, last_number, live, erased FROM sotto.calls "
      "WHERE id = $1 " +
          std::string(lock),
      Params(call)};
}

Result<CallRow> read_call_row(Rows const& rows, std::string const& call) {
  if (rows.size() == 0) return fail("no_such_call", "there is no call " + call);
  CallRow out{.tenant = rows.text(0, 0),
              .team = rows.text(0, 1),
              .agent = rows.text(0, 2),
              .info = rows.text(0, 3),
              .resume_digest = rows.text(0, 4),
              .damaged = rows.text(0, 5),
              .key = rows.integer(0, 6),
              .last_number = rows.integer(0, 7),
              .live = rows.boolean(0, 8),
              .erased = rows.boolean(0, 9)};
  if (out.erased) return fail("erased", "what was said in call " + call + " was erased");
  if (!out.damaged.empty()) return fail("damaged", out.damaged);
  return out;
}

Result<CallInfo> open_info(CallRow const& row, CallSeal const& seal) {
  auto const text = seal.open_info(row.info);
  if (!text) return std::unexpected(text.error());
  return read_info(*text, seal.call());
}

Query event_rows(std::string_view call, std::int64_t after, std::int64_t most) {
  return {
      "SELECT number, time_us, body, type, sequence FROM sotto.events WHERE call = $1 AND number > $2 "
      "ORDER BY number LIMIT $3",
      Params(call, after, most)};
}

Result<std::vector<Event>> read_events(Rows const& rows, CallSeal const& seal, std::int64_t after) {
  std::vector<Event> out;
  for (int i = 0; i < rows.size(); ++i) {
    auto event = read_event(seal, rows.integer(i, 0), rows.integer(i, 1), rows.text(i, 2), -1);
    if (!event) return std::unexpected(event.error());
    auto const due = after + i + 1;
    if (event->number != due) return damaged_call(seal.call(), fmt::format("event {} is missing", due));
    out.push_back(std::move(*event));
  }
  return out;
}

Result<void> check_events(Rows const& rows, CallSeal const& seal) {
  for (int i = 0; i < rows.size(); ++i) {
    auto const number = rows.integer(i, 0);
    if (number != i + 1) return damaged_call(seal.call(), fmt::format("event {} is missing", i + 1));
    if (auto whole = check_event(seal, number, rows.integer(i, 1), rows.text(i, 2), -1); !whole) return whole;
  }
  return {};
}

Query ledger_rows(std::string_view call) {
  return {
      "SELECT track, first, past, coverage, utterance, reason FROM sotto.ledger WHERE call = $1 "
      "ORDER BY track, first",
      Params(call)};
}

Result<std::map<Track, std::vector<LedgerRow>>> read_ledger(Rows const& rows, std::string const& call,
                                                            std::vector<Track> const& tracks) {
  std::map<Track, std::vector<LedgerRow>> out;
  for (auto const track : tracks) {
    auto& of_track = out[track];
    for (int i = 0; i < rows.size(); ++i) {
      if (rows.integer(i, 0) != static_cast<std::int64_t>(track)) continue;
      auto const coverage = static_cast<Coverage>(std::clamp<std::int64_t>(rows.integer(i, 3), 0, 255));
      of_track.push_back({rows.integer(i, 1), rows.integer(i, 2), coverage, rows.integer(i, 4), rows.text(i, 5)});
    }
    if (auto checked = check_ledger(call, name(track), of_track); !checked) return std::unexpected(checked.error());
  }
  return out;
}

}  // namespace sotto::postgres
