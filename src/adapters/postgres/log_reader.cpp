#include "adapters/postgres/log_reader.h"

#include <algorithm>
#include <array>
#include <limits>

#include "adapters/postgres/statements.h"
#include "adapters/postgres/stored_rows.h"

namespace sotto::postgres {

static constexpr auto kAll = std::numeric_limits<std::int64_t>::max();

static std::int64_t at_most(std::size_t most) {
  return static_cast<std::int64_t>(std::min(most, static_cast<std::size_t>(kAll)));
}

// One look: what the statements between see is of one moment. Answers theirs alone.
template <typename... Queries>
static Result<std::vector<Rows>> look(Connection& connection, std::string_view tenant, Queries... queries) {
  auto answers = connection.run(std::array{begin_reading(), of_tenant(tenant), std::move(queries)..., commit()});
  if (!answers) return answers;
  return std::vector<Rows>(answers->begin() + 2, answers->end() - 1);
}

Result<std::vector<Event>> read_from(Connection& connection, Seals& seals, std::string const& call, std::int64_t after,
                                     std::size_t most) {
  auto const rows = look(connection, "*", call_row(call), event_rows(call, after, at_most(most)));
  if (!rows) return std::unexpected(rows.error());
  auto const known = read_call_row(rows->at(0), call);
  if (!known) return std::unexpected(known.error());
  auto const seal = seals.of(call, known->key);
  if (!seal) return std::unexpected(seal.error());
  return read_events(rows->at(1), **seal, after);
}

// A call whose part has no owner, read through before it is given to one.
static Result<void> check_call(Connection& connection, Seals& seals, std::string const& call) {
  auto const rows = look(connection, "*", call_row(call), event_rows(call, 0, kAll));
  if (!rows) return std::unexpected(rows.error());
  auto const known = read_call_row(rows->at(0), call);
  if (!known) return std::unexpected(known.error());
  auto const seal = seals.of(call, known->key);
  return seal ? check_events(rows->at(1), **seal) : std::unexpected(seal.error());
}

Result<std::vector<OpenPart>> open_parts(Connection& connection, Seals& seals, Part part, std::size_t most) {
  std::vector<OpenPart> out;
  std::int64_t started = std::numeric_limits<std::int64_t>::min();
  std::string last;
  for (std::size_t whole = 0; whole < most;) {
    auto const rows = look(connection, "*",
                           Query{"SELECT call, started_us FROM sotto.parts WHERE part = $1 AND NOT done AND "
                                 "lease_until <= clock_timestamp() AND (started_us, call) > ($2, $3 COLLATE \"C\") "
                                 "ORDER BY started_us, call LIMIT 100",
                                 Params(static_cast<std::int64_t>(part), started, last)});
    if (!rows) return std::unexpected(rows.error());
    auto const& open = rows->front();
    for (int i = 0; i < open.size() && whole < most; ++i) {
      OpenPart found{.call = open.text(i, 0), .damaged = {}};
      started = open.integer(i, 1);
      last = found.call;
      auto const checked = check_call(connection, seals, found.call);
      if (!checked && checked.error().code == "erased") continue;  // since
      if (!checked && checked.error().code != "damaged") return std::unexpected(checked.error());
      if (checked) ++whole;
      else found.damaged = checked.error().message;
      out.push_back(std::move(found));
    }
    if (open.size() < 100) break;
  }
  return out;
}

// A transaction takes its number before it writes, and a place begins with that number: below the oldest transaction
// that still runs nothing comes any more (PostgreSQL documentation, section 9.27.8: pg_snapshot_xmin).
static Query unsettled(Unsettled const& what, std::int64_t after, std::int64_t most) {
  return {
      "SELECT sequence, call, number, time_us, body, key FROM sotto.events JOIN sotto.calls ON id = call "
      "WHERE sequence > $1 AND sequence < (SELECT (base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint) * "
      "$2 FROM sotto.store)" +
          where_type(what.types) + " ORDER BY sequence LIMIT $3",
      Params(after, kPlaces, most)};
}

Result<Followed> follow_from(Connection& connection, Seals& seals, Unsettled const& what, Settled const& settled) {
  Followed out;
  auto after = std::max(what.after, settled.upto());
  constexpr std::int64_t page = 1000;
  while (out.events.size() < what.most) {
    auto const answer = look(connection, "*", unsettled(what, after, page));
    if (!answer) return std::unexpected(answer.error());
    auto const& rows = answer->front();
    for (int i = 0; i < rows.size() && out.events.size() < what.most; ++i) {
      after = rows.integer(i, 0);
      if (settled.contains(after)) continue;
      auto const call = rows.text(i, 1);
      auto const seal = seals.of(call, rows.integer(i, 5));
      auto event = seal ? read_event(**seal, rows.integer(i, 2), rows.integer(i, 3), rows.text(i, 4), -1)
                        : std::unexpected(seal.error());
      if (event) out.events.push_back({after, std::move(*event)});
      else if (event.error().code == "damaged") out.damaged.emplace(call, event.error().message);
      else return std::unexpected(event.error());
    }
    if (rows.size() < page) break;
  }
  return out;
}

Result<Settled> settled_of(Connection& connection, std::string const& consumer) {
  auto const rows = connection.run(
      std::array{Query{"SELECT sequence, ahead FROM sotto.consumers WHERE name = $1", Params(consumer)}});
  if (!rows) return std::unexpected(rows.error());
  auto const& found = rows->front();
  return found.size() > 0 ? Settled::read(found.integer(0, 0), found.text(0, 1)) : Settled();
}

Result<std::vector<std::string>> list_consumers(Connection& connection) {
  auto const rows = connection.run(std::array{Query{"SELECT name FROM sotto.consumers ORDER BY name"}});
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> out;
  for (int i = 0; i < rows->front().size(); ++i) out.push_back(rows->front().text(i, 0));
  return out;
}

// Only the conditions there are: an index of theirs is used then.
static Query listing(CallFilter const& filter) {
  Query out{
      "SELECT id, tenant, team, agent, started_us, damaged, erased, live, end_reason, duration_ms, last_number, cues, "
      "late, heard, info, key, region FROM sotto.calls WHERE true"};
  auto const where = [&](bool wanted, std::string_view condition, auto const& value) {
    if (!wanted) return;
    out.params.add(value);
    out.sql += " AND " + std::string(condition) + " $" + std::to_string(out.params.size());
  };
  where(!filter.scope.tenant.empty(), "tenant =", std::string_view(filter.scope.tenant));
  where(!filter.scope.region.empty(), "region =", std::string_view(filter.scope.region));
  where(!filter.scope.team.empty(), "team =", std::string_view(filter.scope.team));
  where(!filter.scope.agent.empty(), "agent =", std::string_view(filter.scope.agent));
  where(filter.live.has_value(), "live =", filter.live.value_or(false));
  where(filter.from.has_value(), "started_us >=", microseconds(filter.from.value_or(Time())));
  where(filter.before.has_value(), "started_us <", microseconds(filter.before.value_or(Time())));
  if (filter.after) {
    out.params.add(microseconds(filter.after->started));
    out.params.add(std::string_view(filter.after->call));
    auto const time = std::to_string(out.params.size() - 1), id = std::to_string(out.params.size());
    out.sql += " AND started_us <= $" + time + " AND (started_us < $" + time + " OR id > $" + id + ")";
  }
  out.params.add(at_most(filter.limit));
  out.sql += " ORDER BY started_us DESC, id LIMIT $" + std::to_string(out.params.size());
  return out;
}

// What its row tells without its texts.
static CallSummary summary(Rows const& row, int i) {
  return {.info = {.id = row.text(i, 0),
                   .tenant = row.text(i, 1),
                   .team = row.text(i, 2),
                   .agent = row.text(i, 3),
                   .region = row.text(i, 16),
                   .started = Time(Duration(row.integer(i, 4)))},
          .damaged = row.text(i, 5),
          .erased = row.boolean(i, 6),
          .live = row.boolean(i, 7),
          .end_reason = row.text(i, 8),
          .duration_ms = row.integer(i, 9),
          .events = row.integer(i, 10),
          .cues = static_cast<int>(row.integer(i, 11)),
          .late = static_cast<int>(row.integer(i, 12)),
          .heard = row.real(i, 13)};
}

Result<std::vector<CallSummary>> list_calls(Connection& connection, Seals& seals, CallFilter const& filter) {
  auto const& tenant = filter.scope.tenant;
  auto const answer = look(connection, tenant.empty() ? "*" : tenant, listing(filter));
  if (!answer) return std::unexpected(answer.error());
  auto const& rows = answer->front();
  std::vector<CallSummary> out;
  for (int i = 0; i < rows.size(); ++i) {
    auto& call = out.emplace_back(summary(rows, i));
    if (call.erased) continue;
    auto const seal = seals.of(call.info.id, rows.integer(i, 15));
    auto const text = seal ? (*seal)->open_info(rows.text(i, 14)) : std::unexpected(seal.error());
    auto info = text ? read_info(*text, call.info.id) : std::unexpected(text.error());
    if (info) call.info = std::move(*info);
    else if (info.error().code == "damaged") call.damaged = info.error().message;
    else return std::unexpected(info.error());
  }
  return out;
}

Result<CallRecord> load_call(Connection& connection, Seals& seals, std::string const& call) {
  auto const rows = look(connection, "*", call_row(call), ledger_rows(call), event_rows(call, 0, kAll));
  if (!rows) return std::unexpected(rows.error());
  auto const known = read_call_row(rows->at(0), call);
  if (!known) return std::unexpected(known.error());
  auto const seal = seals.of(call, known->key);
  if (!seal) return std::unexpected(seal.error());
  auto info = open_info(*known, **seal);
  if (!info) return std::unexpected(info.error());
  CallRecord out{.info = std::move(*info), .live = known->live, .ledger = {}, .events = {}};
  auto ledger = read_ledger(rows->at(1), call, out.info.tracks);
  if (!ledger) return std::unexpected(ledger.error());
  out.ledger = std::move(*ledger);
  auto events = read_events(rows->at(2), **seal, 0);
  if (!events) return std::unexpected(events.error());
  out.events = std::move(*events);
  return out;
}

Result<KnownCall> find_call(Connection& connection, std::string const& call) {
  auto const answer = look(
      connection, "*", Query{"SELECT live, tenant, team, agent, region FROM sotto.calls WHERE id = $1", Params(call)});
  if (!answer) return std::unexpected(answer.error());
  auto const& row = answer->front();
  if (row.size() == 0) return KnownCall{};
  return KnownCall{
      .state = row.boolean(0, 0) ? CallState::live : CallState::ended,
      .scope = {.tenant = row.text(0, 1), .region = row.text(0, 4), .team = row.text(0, 2), .agent = row.text(0, 3)}};
}

Result<StoredBytes> stored_bytes(Connection& connection) {
  auto const answer =
      look(connection, "*", Query{"SELECT tenant, sum(stored)::bigint FROM sotto.calls GROUP BY tenant"});
  if (!answer) return std::unexpected(answer.error());
  auto const& rows = answer->front();
  StoredBytes out;
  for (int i = 0; i < rows.size(); ++i) out.emplace(rows.text(i, 0), rows.integer(i, 1));
  return out;
}

Result<Time> newest_event(Connection& connection) {
  auto const answer = look(connection, "*",
                           Query{"SELECT coalesce(max(time_us), 0) FROM sotto.events WHERE call IN "
                                 "(SELECT id FROM sotto.calls ORDER BY started_us DESC, id LIMIT 64)"});
  if (!answer) return std::unexpected(answer.error());
  return Time(Duration(answer->front().integer(0, 0)));
}

}  // namespace sotto::postgres
