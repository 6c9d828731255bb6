#include "adapters/sqlite/log_writer.h"

#include <array>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/sqlite/log_reader.h"
#include "adapters/sqlite/stored_rows.h"
#include "base/limits.h"
#include "call/event_codec.h"

namespace sotto::sqlite {

bool refused(Error const& error) { return error.code != "store_failed"; }

static std::int64_t microseconds(Time time) { return time.time_since_epoch().count(); }
static std::int64_t lease_end(Time now) { return microseconds(now + limits::kLease); }

LogWriter::LogWriter(std::unique_ptr<Database> database, CallKeys& keys)
    : database_(std::move(database)),
      seals_(keys),
      insert_call_(database_->handle(),
                   "INSERT INTO calls(id, tenant, started_us, info, resume_digest, key, team, agent, region) "
                   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
      known_call_(database_->handle(), "SELECT resume_digest FROM calls WHERE id = ?1"),
      insert_part_(database_->handle(),
                   "INSERT INTO parts(call, part, fence, owner, lease_until_us) VALUES(?1, ?2, ?3, ?4, ?5) "
                   "ON CONFLICT DO NOTHING"),
      insert_track_(database_->handle(), "INSERT INTO tracks VALUES(?1, ?2, 0) ON CONFLICT DO NOTHING"),
      find_part_(database_->handle(),
                 "SELECT fence, batch, first, consumed, done FROM parts WHERE call = ?1 AND part = ?2"),
      find_call_(database_->handle(),
                 "SELECT tenant, cues, late, live, end_reason, duration_ms, heard, key FROM calls WHERE id = ?1"),
      last_number_(database_->handle(), "SELECT max(number) FROM events WHERE call = ?1"),
      move_decided_(database_->handle(),
                    "UPDATE tracks SET decided = ?3 WHERE call = ?1 AND track = ?2 AND decided = ?4"),
      insert_row_(database_->handle(), "INSERT INTO ledger VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING"),
      insert_event_(
          database_->handle(),
          "INSERT INTO events(call, number, type, time_us, body, crc, sequence) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      update_totals_(database_->handle(),
                     "UPDATE calls SET cues = ?2, late = ?3, live = ?4, end_reason = ?5, duration_ms = ?6, heard = ?7 "
                     "WHERE id = ?1"),
      hand_over_(database_->handle(), "UPDATE calls SET team = ?2, agent = ?3, info = ?4 WHERE id = ?1"),
      move_part_(database_->handle(),
                 "UPDATE parts SET batch = ?3, first = ?4, consumed = ?5, done = ?6, snapshot = coalesce(?7, snapshot) "
                 "WHERE call = ?1 AND part = ?2"),
      take_part_(database_->handle(),
                 "UPDATE parts SET fence = fence + 1, owner = ?3, lease_until_us = ?4 "
                 "WHERE call = ?1 AND part = ?2 AND done = 0 AND lease_until_us <= ?5 RETURNING fence"),
      renew_part_(database_->handle(),
                  "UPDATE parts SET lease_until_us = ?4 WHERE call = ?1 AND part = ?2 AND fence = ?3 AND owner <> '' "
                  "AND done = 0"),
      release_part_(database_->handle(),
                    "UPDATE parts SET owner = '', lease_until_us = 0 WHERE call = ?1 AND part = ?2 AND fence = ?3"),
      count_stored_(database_->handle(),
                    "UPDATE calls SET stored = (SELECT coalesce(sum(length(body)), 0) FROM events WHERE call = ?1) "
                    "WHERE id = ?1"),
      settle_consumer_(database_->handle(),
                       "INSERT INTO consumers(name, sequence, ahead) VALUES(?1, ?2, ?3) "
                       "ON CONFLICT(name) DO UPDATE SET sequence = excluded.sequence, ahead = excluded.ahead") {
  database_->take_over_checkpoints();
}

Result<std::int64_t> LogWriter::append(Append const& batch, Time now) {
  if (batch.opening) {
    if (auto opened = open_call(batch, now); !opened) return std::unexpected(opened.error());
  }
  auto const part = find_part(batch.lease);
  if (!part) return std::unexpected(part.error());
  auto const answered = admit(batch, *part);
  if (!answered) return std::unexpected(answered.error());
  if (*answered) return **answered;
  return apply(batch, *part);
}

Result<void> LogWriter::open_call(Append const& batch, Time now) {
  auto const& [info, digest, worker] = *batch.opening;
  auto const& call = batch.lease.call;
  if (auto checked = check_opening(batch); !checked) return checked;
  known_call_.bind(1, call);
  auto const known = known_call_.step();
  if (!known) return std::unexpected(known.error());
  bool const same = *known && known_call_.text(0) == digest;
  known_call_.reset();
  if (same) return {};
  if (*known) return fail("conflict", "call " + call + " exists already");
  auto const seal = seals_.fresh(call);
  if (!seal) return std::unexpected(seal.error());
  auto const text = seal->seal_info(boost::json::serialize(to_json(info)));
  insert_call_.bind(1, call).bind(2, info.tenant).bind(3, microseconds(info.started)).bind_bytes(4, text);
  insert_call_.bind(5, digest).bind(6, seal->id()).bind(7, info.team).bind(8, info.agent).bind(9, info.region);
  if (auto done = insert_call_.run(); !done) return done;
  insert_part_.bind(1, call).bind(2, static_cast<std::int64_t>(Part::speech)).bind(3, std::int64_t{1});
  if (auto done = insert_part_.bind(4, worker).bind(5, lease_end(now)).run(); !done) return done;
  insert_part_.bind(1, call).bind(2, static_cast<std::int64_t>(Part::guidance)).bind(3, std::int64_t{0});
  if (auto done = insert_part_.bind(4, std::string_view()).bind(5, std::int64_t{0}).run(); !done) return done;
  for (auto const track : info.tracks) {
    if (auto done = insert_track_.bind(1, call).bind(2, static_cast<std::int64_t>(track)).run(); !done) return done;
  }
  return {};
}

Result<PartState> LogWriter::find_part(Lease const& lease) {
  find_part_.bind(1, lease.call).bind(2, static_cast<std::int64_t>(lease.part));
  auto const found = find_part_.step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail("conflict", "there is no call " + lease.call);
  PartState const row{.fence = find_part_.integer(0),
                      .batch = find_part_.integer(1),
                      .first = find_part_.integer(2),
                      .consumed = find_part_.integer(3),
                      .done = find_part_.integer(4) != 0};
  find_part_.reset();
  return row;
}

Result<LogWriter::CallRow> LogWriter::find_call(std::string const& call) {
  auto const found = find_call_.bind(1, call).step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail("conflict", "there is no call " + call);
  CallRow row{.tenant = find_call_.text(0),
              .totals = {.cues = static_cast<int>(find_call_.integer(1)),
                         .late = static_cast<int>(find_call_.integer(2)),
                         .live = find_call_.integer(3) != 0,
                         .end_reason = find_call_.text(4),
                         .duration_ms = find_call_.integer(5),
                         .heard = find_call_.real(6)},
              .key = find_call_.integer(7)};
  find_call_.reset();
  return row;
}

Result<std::int64_t> LogWriter::last_number(std::string const& call) {
  if (auto const found = last_number_.bind(1, call).step(); !found) return std::unexpected(found.error());
  auto const last = last_number_.integer(0);
  last_number_.reset();
  return last;
}

// Those of a batch that was undone are left out.
Result<std::int64_t> LogWriter::next_sequence() {
  if (last_sequence_ < 0) {
    Statement last(database_->handle(),
                   "SELECT max(sequence, coalesce((SELECT max(sequence) FROM events), 0)) FROM given_sequences");
    if (auto const found = last.step(); !found) return std::unexpected(found.error());
    last_sequence_ = last.integer(0);
  }
  return ++last_sequence_;
}

Result<std::int64_t> LogWriter::apply(Append const& batch, PartState const& part) {
  auto const& call = batch.lease.call;
  auto const row = find_call(call);
  if (!row) return std::unexpected(row.error());
  auto const seal = seals_.of(call, row->key);
  if (!seal) return std::unexpected(seal.error());
  auto const last = last_number(call);
  if (!last) return last;
  for (auto const& update : batch.tracks) {
    if (auto done = apply_track(call, update); !done) return std::unexpected(done.error());
  }
  auto number = *last;
  auto totals = row->totals;
  for (auto const& event : batch.events) {
    fold(totals, event.body);
    auto done = apply_event(
        {.call = call, .tenant = row->tenant, .number = ++number, .time = event.time, .body = event.body}, *seal);
    if (!done) return std::unexpected(done.error());
    auto const* changed = std::get_if<AgentChanged>(&event.body);
    if (auto handed = changed ? hand_over(call, *changed, *seal) : Result<void>(); !handed)
      return std::unexpected(handed.error());
  }
  if (totals != row->totals) {
    update_totals_.bind(1, call).bind(2, std::int64_t{totals.cues}).bind(3, std::int64_t{totals.late});
    update_totals_.bind(4, std::int64_t{totals.live}).bind(5, totals.end_reason).bind(6, totals.duration_ms);
    if (auto done = update_totals_.bind(7, totals.heard).run(); !done) return std::unexpected(done.error());
  }
  if (auto done = move_part(batch, part, *last + 1, number, *seal); !done) return std::unexpected(done.error());
  if (auto done = batch.done ? count_stored_.bind(1, call).run() : Result<void>(); !done)
    return std::unexpected(done.error());
  return *last + 1;
}

// A call is listed under the agent who has it, or had it last.
Result<void> LogWriter::hand_over(std::string const& call, AgentChanged const& changed, CallSeal const& seal) {
  std::string digest;
  auto info = read_call_info(*database_, seal, digest);
  if (!info) return std::unexpected(info.error());
  info->team = changed.team;
  info->agent = changed.agent;
  auto const text = seal.seal_info(boost::json::serialize(to_json(*info)));
  hand_over_.bind(1, call).bind(2, info->team).bind(3, info->agent).bind_bytes(4, text);
  return hand_over_.run();
}

Result<void> LogWriter::apply_track(std::string const& call, TrackUpdate const& update) {
  auto const track = static_cast<std::int64_t>(update.track);
  move_decided_.bind(1, call).bind(2, track).bind(3, update.decided_after).bind(4, update.decided_before);
  if (auto done = move_decided_.run(); !done) return done;
  if (database_->changes() == 0)
    return fail("conflict", fmt::format("track {} of call {} is not decided up to {}", sotto::name(update.track), call,
                                        update.decided_before));
  for (auto const& row : update.rows) {
    insert_row_.bind(1, call).bind(2, track).bind(3, row.from).bind(4, row.to);
    insert_row_.bind(5, static_cast<std::int64_t>(row.coverage)).bind(6, row.utterance).bind(7, row.reason);
    if (auto done = insert_row_.run(); !done) return done;
    if (database_->changes() == 0)
      return fail("conflict", fmt::format("track {} of call {} is decided from sample {} already",
                                          sotto::name(update.track), call, row.from));
  }
  return {};
}

Result<void> LogWriter::apply_event(Event const& event, CallSeal const& seal) {
  auto const text = boost::json::serialize(to_cloud_event(event));
  auto const time_us = microseconds(event.time);
  auto const body = seal.seal_event(event.number, time_us, text);
  insert_event_.bind(1, event.call).bind(2, event.number).bind(3, type_of(event.body)).bind(4, time_us);
  insert_event_.bind_bytes(5, body);
  // The seal has a check of its own.
  auto const crc = seal.id() == 0 ? checksum(event.call, event.number, time_us, text) : -1;
  auto const sequence = next_sequence();
  if (!sequence) return std::unexpected(sequence.error());
  return insert_event_.bind(6, crc).bind(7, *sequence).run();
}

Result<void> LogWriter::move_part(Append const& batch, PartState const& part, std::int64_t first, std::int64_t last,
                                  CallSeal const& seal) {
  auto const after = part_after(batch, part, first, last);
  if (!after) return std::unexpected(after.error());
  move_part_.bind(1, batch.lease.call).bind(2, static_cast<std::int64_t>(batch.lease.part)).bind(3, batch.batch);
  move_part_.bind(4, after->first).bind(5, after->consumed).bind(6, std::int64_t{after->done});
  if (batch.snapshot) move_part_.bind_bytes(7, seal.seal_snapshot(*batch.snapshot));
  else move_part_.bind_null(7);
  return move_part_.run();
}

Result<std::optional<Claimed>> LogWriter::take(std::string const& call, Part part, std::string const& worker,
                                               Time now) {
  take_part_.bind(1, call).bind(2, static_cast<std::int64_t>(part)).bind(3, worker).bind(4, lease_end(now));
  auto const taken = take_part_.bind(5, microseconds(now)).step();
  if (!taken) return std::unexpected(taken.error());
  if (!*taken) return std::nullopt;
  Lease lease{call, part, take_part_.integer(0)};
  if (auto done = take_part_.run(); !done) return std::unexpected(done.error());
  auto out = claimed(std::move(lease));
  if (!out) return std::unexpected(out.error());
  return std::optional(std::move(*out));
}

Result<Claimed> LogWriter::claimed(Lease lease) {
  auto const call = lease.call;
  auto const part = lease.part;
  Claimed out{.lease = std::move(lease)};
  auto const found = find_call(call);
  if (!found) return std::unexpected(found.error());
  auto const seal = seals_.of(call, found->key);
  if (!seal) return std::unexpected(seal.error());
  auto info = read_call_info(*database_, *seal, out.resume_digest);
  if (!info) return std::unexpected(info.error());
  out.info = std::move(*info);
  auto const last = last_number(call);
  if (!last) return std::unexpected(last.error());
  out.last_number = *last;
  if (part == Part::speech) {
    auto ledger = read_ledger(*database_, call, out.info.tracks);
    if (!ledger) return std::unexpected(ledger.error());
    out.ledger = std::move(*ledger);
  }
  Statement row(database_->handle(), "SELECT batch, consumed, snapshot FROM parts WHERE call = ?1 AND part = ?2");
  if (auto const found = row.bind(1, call).bind(2, static_cast<std::int64_t>(part)).step(); !found)
    return std::unexpected(found.error());
  out.batch = row.integer(0);
  out.consumed = row.integer(1);
  auto snapshot = seal->open_snapshot(row.text(2));
  if (!snapshot) return std::unexpected(snapshot.error());
  out.snapshot = std::move(*snapshot);
  return out;
}

Result<std::vector<Lease>> LogWriter::renew(std::vector<Lease> const& leases, Time now) {
  std::vector<Lease> held;
  for (auto const& lease : leases) {
    renew_part_.bind(1, lease.call).bind(2, static_cast<std::int64_t>(lease.part)).bind(3, lease.fence);
    if (auto done = renew_part_.bind(4, lease_end(now)).run(); !done) return std::unexpected(done.error());
    if (database_->changes() != 0) held.push_back(lease);
  }
  return held;
}

Result<void> LogWriter::release(Lease const& lease) {
  release_part_.bind(1, lease.call).bind(2, static_cast<std::int64_t>(lease.part));
  return release_part_.bind(3, lease.fence).run();
}

Result<void> LogWriter::settle(std::string const& consumer, std::int64_t first, std::int64_t last) {
  auto settled = settled_of(*database_, consumer);
  if (!settled) return std::unexpected(settled.error());
  settled->add(first, last);
  auto const ahead = settled->ahead();
  return settle_consumer_.bind(1, consumer).bind(2, settled->upto()).bind(3, ahead).run();
}

Result<bool> LogWriter::set_aside(std::string const& call, std::string const& why) {
  Statement mark(database_->handle(),
                 "UPDATE calls SET live = 0, end_reason = 'damaged', damaged = ?2 WHERE id = ?1 AND damaged = ''");
  if (auto done = mark.bind(1, call).bind(2, why).run(); !done) return std::unexpected(done.error());
  if (database_->changes() == 0) return false;
  spdlog::error("{}; it is set aside", why);
  Statement close(database_->handle(), "UPDATE parts SET fence = fence + 1, done = 1 WHERE call = ?1 AND done = 0");
  if (auto done = close.bind(1, call).run(); !done) return std::unexpected(done.error());
  return true;
}

Result<void> LogWriter::begin() {
  constexpr std::array statements{
      "UPDATE parts SET owner = '', lease_until_us = 0 WHERE owner <> ''",
      // The speech of an older version goes on; its guidance judges nothing again.
      "INSERT INTO parts(call, part, done) SELECT id, 0, live = 0 FROM calls WHERE id NOT IN "
      "(SELECT call FROM parts WHERE part = 0)",
      "INSERT INTO parts(call, part, done, consumed) SELECT id, 1, live = 0, "
      "(SELECT coalesce(max(number), 0) FROM events WHERE call = id) FROM calls WHERE id NOT IN "
      "(SELECT call FROM parts WHERE part = 1)"};
  for (auto const* statement : statements) {
    if (auto done = database_->execute(statement); !done) return done;
  }
  return {};
}

}  // namespace sotto::sqlite
