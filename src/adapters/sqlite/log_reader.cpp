#include "adapters/sqlite/log_reader.h"

#include <algorithm>
#include <limits>

namespace sotto::sqlite {

namespace {

constexpr auto kAll = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());

// The statements of one function see the same state.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : database_(database) { static_cast<void>(database_.execute("BEGIN")); }
  ~Snapshot() { static_cast<void>(database_.execute("COMMIT")); }
  Snapshot(Snapshot const&) = delete;
  Snapshot& operator=(Snapshot const&) = delete;

 private:
  Database& database_;
};

}  // namespace

Result<std::vector<Event>> read_from(Database& database, Seals& seals, std::string const& call, std::int64_t after,
                                     std::size_t most) {
  Snapshot const state(database);
  Statement found(database.handle(), "SELECT damaged, erased FROM calls WHERE id = ?1");
  auto const known = found.bind(1, call).step();
  if (!known) return std::unexpected(known.error());
  if (!*known) return fail("no_such_call", "there is no call " + call);
  if (found.integer(1) != 0) return fail("erased", "what was said in call " + call + " was erased");
  if (auto const why = found.text(0); !why.empty()) return fail("damaged", why);
  auto const seal = seals.of(call);
  if (!seal) return std::unexpected(seal.error());
  return read_events(database, **seal, after, std::min(most, kAll));
}

Result<std::vector<OpenPart>> open_parts(Database& database, Seals& seals, Part part, Time now, std::size_t most) {
  Snapshot const state(database);
  Statement rows(database.handle(),
                 "SELECT call FROM parts JOIN calls ON id = call "
                 "WHERE part = ?1 AND done = 0 AND lease_until_us <= ?2 ORDER BY started_us, call");
  rows.bind(1, static_cast<std::int64_t>(part)).bind(2, now.time_since_epoch().count());
  std::vector<OpenPart> out;
  for (std::size_t whole = 0; whole < most;) {
    auto const more = rows.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    OpenPart found{.call = rows.text(0), .damaged = {}};
    auto const seal = seals.of(found.call);
    auto const checked = seal ? check_events(database, **seal) : std::unexpected(seal.error());
    if (!checked && checked.error().code != "damaged") return std::unexpected(checked.error());
    if (checked) ++whole;
    else found.damaged = checked.error().message;
    out.push_back(std::move(found));
  }
  return out;
}

Result<Followed> follow_from(Database& database, Seals& seals, Unsettled const& what, Settled const& settled) {
  Snapshot const state(database);
  Statement rows(database.handle(),
                 "SELECT sequence, call, number, time_us, body, crc FROM events WHERE sequence > ?1" +
                     where_type(what.types) + " ORDER BY sequence");
  rows.bind(1, std::max(what.after, settled.upto()));
  Followed out;
  while (out.events.size() < what.most) {
    auto const more = rows.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    if (settled.contains(rows.integer(0))) continue;
    auto const seal = seals.of(rows.text(1));
    auto event = seal ? read_event(**seal, rows.integer(2), rows.integer(3), rows.text(4), rows.integer(5))
                      : std::unexpected(seal.error());
    if (event) out.events.push_back({rows.integer(0), std::move(*event)});
    else if (event.error().code == "damaged") out.damaged.emplace(rows.text(1), event.error().message);
    else return std::unexpected(event.error());
  }
  return out;
}

Result<Settled> settled_of(Database& database, std::string const& consumer) {
  Statement row(database.handle(), "SELECT sequence, ahead FROM consumers WHERE name = ?1");
  auto const found = row.bind(1, consumer).step();
  if (!found) return std::unexpected(found.error());
  return *found ? Settled::read(row.integer(0), row.text(1)) : Settled();
}

Result<std::vector<std::string>> list_consumers(Database& database) {
  Statement rows(database.handle(), "SELECT name FROM consumers ORDER BY name");
  std::vector<std::string> out;
  auto read = rows.each([&]() -> Result<void> {
    out.push_back(rows.text(0));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

// What its row tells without its texts.
static CallSummary summary(Statement const& row) {
  return {.info = {.id = row.text(0),
                   .tenant = row.text(1),
                   .team = row.text(2),
                   .agent = row.text(3),
                   .region = row.text(16),
                   .started = Time(Duration(row.integer(4)))},
          .damaged = row.text(5),
          .erased = row.integer(6) != 0,
          .live = row.integer(7) != 0,
          .end_reason = row.text(8),
          .duration_ms = row.integer(9),
          .events = row.integer(10),
          .cues = static_cast<int>(row.integer(11)),
          .late = static_cast<int>(row.integer(12)),
          .heard = row.real(13)};
}

static std::int64_t microseconds(Time time) { return time.time_since_epoch().count(); }

// Only the conditions there are: an index of theirs is used then.
static std::string listing_sql(CallFilter const& filter) {
  std::string sql =
      "SELECT id, tenant, team, agent, started_us, damaged, erased, live, end_reason, duration_ms, "
      "(SELECT max(number) FROM events WHERE call = id), cues, late, heard, info, key, region FROM calls WHERE 1";
  auto const where = [&](bool wanted, char const* condition) {
    if (wanted) sql += std::string(" AND ") + condition;
  };
  where(!filter.scope.tenant.empty(), "tenant = ?2");
  where(!filter.scope.region.empty(), "region = ?10");
  where(!filter.scope.team.empty(), "team = ?3");
  where(!filter.scope.agent.empty(), "agent = ?4");
  where(filter.live.has_value(), "live = ?5");
  where(filter.from.has_value(), "started_us >= ?6");
  where(filter.before.has_value(), "started_us < ?7");
  where(filter.after.has_value(), "started_us <= ?8 AND (started_us < ?8 OR id > ?9)");
  return sql + " ORDER BY started_us DESC, id LIMIT ?1";
}

static void bind_filter(Statement& calls, CallFilter const& filter) {
  calls.bind(1, static_cast<std::int64_t>(std::min(filter.limit, kAll)));
  auto const& [tenant, region, team, agent] = filter.scope;
  if (!tenant.empty()) calls.bind(2, tenant);
  if (!region.empty()) calls.bind(10, region);
  if (!team.empty()) calls.bind(3, team);
  if (!agent.empty()) calls.bind(4, agent);
  if (filter.live) calls.bind(5, std::int64_t{*filter.live});
  if (filter.from) calls.bind(6, microseconds(*filter.from));
  if (filter.before) calls.bind(7, microseconds(*filter.before));
  if (filter.after) calls.bind(8, microseconds(filter.after->started)).bind(9, filter.after->call);
}

Result<std::vector<CallSummary>> list_calls(Database& database, Seals& seals, CallFilter const& filter) {
  Snapshot const state(database);
  Statement calls(database.handle(), listing_sql(filter));
  bind_filter(calls, filter);
  std::vector<CallSummary> out;
  auto read = calls.each([&]() -> Result<void> {
    out.push_back(summary(calls));
    auto& call = out.back();
    if (call.erased) return {};
    auto const seal = seals.of(call.info.id, calls.integer(15));
    auto const text = seal ? (*seal)->open_info(calls.text(14)) : std::unexpected(seal.error());
    auto info = text ? read_info(*text, call.info.id) : std::unexpected(text.error());
    if (info) call.info = std::move(*info);
    else if (info.error().code == "damaged") call.damaged = info.error().message;
    else return std::unexpected(info.error());
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

Result<CallRecord> load_call(Database& database, Seals& seals, std::string const& call) {
  Snapshot const state(database);
  auto const seal = seals.of(call);
  if (!seal) return std::unexpected(seal.error());
  std::string digest;
  auto info = read_call_info(database, **seal, digest);
  if (!info) return std::unexpected(info.error());
  Statement row(database.handle(), "SELECT live FROM calls WHERE id = ?1");
  if (auto const found = row.bind(1, call).step(); !found) return std::unexpected(found.error());
  CallRecord out{.info = std::move(*info), .live = row.integer(0) != 0, .ledger = {}, .events = {}};
  auto ledger = read_ledger(database, call, out.info.tracks);
  if (!ledger) return std::unexpected(ledger.error());
  out.ledger = std::move(*ledger);
  auto events = read_events(database, **seal, 0, kAll);
  if (!events) return std::unexpected(events.error());
  out.events = std::move(*events);
  return out;
}

Result<KnownCall> find_call(Database& database, std::string const& call) {
  Statement row(database.handle(), "SELECT live, tenant, team, agent, region FROM calls WHERE id = ?1");
  auto const found = row.bind(1, call).step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return KnownCall{};
  return KnownCall{.state = row.integer(0) != 0 ? CallState::live : CallState::ended,
                   .scope = {.tenant = row.text(1), .region = row.text(4), .team = row.text(2), .agent = row.text(3)}};
}

Result<StoredBytes> stored_bytes(Database& database) {
  Statement rows(database.handle(), "SELECT tenant, sum(stored) FROM calls GROUP BY tenant");
  StoredBytes out;
  auto read = rows.each([&]() -> Result<void> {
    out.emplace(rows.text(0), rows.integer(1));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

Result<Time> newest_event(Database& database) {
  Statement newest(
      database.handle(),
      "SELECT max(time_us) FROM events WHERE call IN (SELECT id FROM calls ORDER BY started_us DESC LIMIT 64)");
  auto const found = newest.step();
  if (!found) return std::unexpected(found.error());
  return Time(Duration(*found ? newest.integer(0) : 0));
}

}  // namespace sotto::sqlite
