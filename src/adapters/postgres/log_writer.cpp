#include "adapters/postgres/log_writer.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include <spdlog/spdlog.h>

#include "adapters/postgres/append_group.h"
#include "adapters/postgres/statements.h"
#include "adapters/postgres/stored_rows.h"
#include "base/limits.h"
#include "call/settled.h"

namespace sotto::postgres {

static constexpr std::string_view kLock = "FOR NO KEY UPDATE";

Result<std::vector<Result<std::int64_t>>> append(Connection& connection, WriterSeals& seals,
                                                 std::vector<Append const*> const& batches,
                                                 std::vector<KeyId>& needless) {
  AppendGroup group(batches);
  group.make_keys(seals);
  std::vector<Query> reading{begin(), of_tenant("*")};
  std::ranges::move(group.to_read(), std::back_inserter(reading));
  auto const answers = connection.run(reading);
  if (!answers) return std::unexpected(answers.error());
  group.read(std::span(*answers).subspan(2));
  auto out = group.apply(seals);
  needless = group.needless_keys();
  auto writing = group.to_write(limits::kLease);
  writing.push_back(commit());
  if (auto done = connection.run(writing); !done) return std::unexpected(done.error());
  return out;
}

// --- owners ---

static Claimed claimed_from(CallRow const& row, CallInfo info, Rows const& part, Lease lease) {
  return {.lease = std::move(lease),
          .info = std::move(info),
          .resume_digest = row.resume_digest,
          .batch = part.integer(0, 1),
          .last_number = row.last_number,
          .ledger = {},
          .consumed = part.integer(0, 2),
          .snapshot = {}};
}

Result<std::optional<Claimed>> take(Connection& connection, WriterSeals& seals, std::string const& call, Part part,
                                    std::string const& worker) {
  auto const answers = connection.run(std::array{
      begin(), of_tenant("*"), call_row(call, kLock),
      Query{"UPDATE sotto.parts SET fence = fence + 1, owner = $3, lease_until = clock_timestamp() + $4 * interval '1 "
            "microsecond' WHERE call = $1 AND part = $2 AND NOT done AND lease_until <= clock_timestamp() "
            "RETURNING fence, batch, consumed, snapshot",
            Params(call, static_cast<std::int64_t>(part), worker, limits::kLease.count())},
      ledger_rows(call)});
  if (!answers) return std::unexpected(answers.error());
  auto const& taken = answers->at(3);
  if (taken.size() == 0) {
    if (auto done = connection.run(std::array{commit()}); !done) return std::unexpected(done.error());
    return std::nullopt;
  }
  auto const row = read_call_row(answers->at(2), call);
  if (!row) return std::unexpected(row.error());
  auto const seal = seals.of(call, row->key);
  if (!seal) return std::unexpected(seal.error());
  auto info = open_info(*row, *seal);
  if (!info) return std::unexpected(info.error());
  auto out = claimed_from(*row, std::move(*info), taken, {call, part, taken.integer(0, 0)});
  if (part == Part::speech) {
    auto ledger = read_ledger(answers->at(4), call, out.info.tracks);
    if (!ledger) return std::unexpected(ledger.error());
    out.ledger = std::move(*ledger);
  }
  auto snapshot = seal->open_snapshot(taken.text(0, 3));
  if (!snapshot) return std::unexpected(snapshot.error());
  out.snapshot = std::move(*snapshot);
  if (auto done = connection.run(std::array{commit()}); !done) return std::unexpected(done.error());
  return std::optional(std::move(out));
}

Result<std::vector<Lease>> renew(Connection& connection, std::vector<Lease> const& leases) {
  std::vector<std::string> calls;
  std::vector<std::int64_t> parts, fences;
  for (auto const& lease : leases) {
    calls.push_back(lease.call);
    parts.push_back(static_cast<std::int64_t>(lease.part));
    fences.push_back(lease.fence);
  }
  // In one order, so that two who renew do not wait for each other.
  auto const answers = connection.run(std::array{
      begin(), of_tenant("*"),
      Query{
          "UPDATE sotto.parts AS p SET lease_until = clock_timestamp() + $4 * interval '1 microsecond' FROM "
          "(SELECT call, part FROM sotto.parts JOIN unnest($1::text[], $2::bigint[], $3::bigint[]) AS held(call, "
          "part, fence) USING (call, part, fence) WHERE owner <> '' AND NOT done ORDER BY call, part FOR NO KEY "
          "UPDATE OF parts) AS held WHERE p.call = held.call AND p.part = held.part RETURNING p.call, p.part, p.fence",
          Params(calls, parts, fences, limits::kLease.count())},
      commit()});
  if (!answers) return std::unexpected(answers.error());
  std::set<std::tuple<std::string, std::int64_t, std::int64_t>> renewed;
  auto const& rows = answers->at(2);
  for (int i = 0; i < rows.size(); ++i) renewed.emplace(rows.text(i, 0), rows.integer(i, 1), rows.integer(i, 2));
  std::vector<Lease> held;
  std::ranges::copy_if(leases, std::back_inserter(held), [&](Lease const& lease) {
    return renewed.contains({lease.call, static_cast<std::int64_t>(lease.part), lease.fence});
  });
  return held;
}

Result<void> release(Connection& connection, Lease const& lease) {
  auto const done = connection.run(
      std::array{begin(), of_tenant("*"),
                 Query{"UPDATE sotto.parts SET owner = '', lease_until = '-infinity' WHERE call = $1 AND part = $2 AND "
                       "fence = $3 AND NOT done",
                       Params(lease.call, static_cast<std::int64_t>(lease.part), lease.fence)},
                 commit()});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> release_all(Connection& connection, std::vector<std::string> const& workers) {
  auto const done = connection.run(std::array{
      begin(), of_tenant("*"),
      Query{"UPDATE sotto.parts SET owner = '', lease_until = '-infinity' WHERE owner = ANY($1) AND NOT done",
            Params(workers)},
      commit()});
  if (!done) return std::unexpected(done.error());
  return {};
}

// --- consumers ---

Result<void> settle(Connection& connection, std::string const& consumer, std::int64_t first, std::int64_t last) {
  auto const known = connection.run(
      std::array{begin(), of_tenant("*"),
                 Query{"INSERT INTO sotto.consumers(name, sequence, ahead) VALUES ($1, 0, '') ON CONFLICT DO NOTHING",
                       Params(consumer)},
                 Query{"SELECT sequence, ahead FROM sotto.consumers WHERE name = $1 FOR UPDATE", Params(consumer)}});
  if (!known) return std::unexpected(known.error());
  auto const& row = known->at(3);
  auto settled = Settled::read(row.integer(0, 0), row.text(0, 1));
  settled.add(first, last);
  auto const done =
      connection.run(std::array{Query{"UPDATE sotto.consumers SET sequence = $2, ahead = $3 WHERE name = $1",
                                      Params(consumer, settled.upto(), settled.ahead())},
                                commit()});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<bool> set_aside(Connection& connection, std::string const& call, std::string const& why) {
  auto const done = connection.run(std::array{
      begin(), of_tenant("*"),
      Query{"UPDATE sotto.calls SET live = false, end_reason = 'damaged', damaged = $2 WHERE id = $1 AND "
            "damaged = ''",
            Params(call, why)},
      Query{"UPDATE sotto.parts SET fence = fence + 1, done = true WHERE call = $1 AND NOT done", Params(call)},
      commit()});
  if (!done) return std::unexpected(done.error());
  if (done->at(2).changed() == 0) return false;
  spdlog::error("{}; it is set aside", why);
  return true;
}

// --- what is taken back ---

namespace {

// All events of a call under another key, some of them with another body.
struct SealedAnew {
  std::vector<std::int64_t> sequences;
  std::vector<std::optional<std::string>> bodies;

  Query update() const {
    return {
        "UPDATE sotto.events AS e SET body = n.body FROM unnest($1::bigint[], $2::bytea[]) AS n(sequence, body) "
        "WHERE e.sequence = n.sequence",
        Params(sequences, bodies)};
  }
};

Result<SealedAnew> seal_anew(Rows const& rows, CallSeal const& before, CallSeal const& after,
                             RedactedEvents const& redacted) {
  SealedAnew out;
  for (int i = 0; i < rows.size(); ++i) {
    auto const number = rows.integer(i, 0), time_us = rows.integer(i, 1);
    auto text = before.open_event(number, time_us, rows.text(i, 2));
    if (text) text = text_after(redacted, number, rows.text(i, 3), std::move(*text));
    if (!text) return std::unexpected(text.error());
    out.sequences.push_back(rows.integer(i, 4));
    out.bodies.emplace_back(after.seal_event(number, time_us, *text));
  }
  return out;
}

}  // namespace

Result<Resealed> redact(Connection& connection, WriterSeals& seals, std::string const& call,
                        std::vector<Redaction> const& events, Time now) {
  auto const answers = connection.run(
      std::array{begin(), of_tenant("*"), call_row(call, kLock), event_rows(call, 0, std::int64_t{1} << 40),
                 Query{"SELECT (base + pg_current_xact_id()::text::bigint) * $1 FROM sotto.store", Params(kPlaces)}});
  if (!answers) return std::unexpected(answers.error());
  auto const row = read_call_row(answers->at(2), call);
  if (!row) return std::unexpected(row.error());
  auto const before = seals.of(call, row->key);
  if (!before) return std::unexpected(before.error());
  auto const info = before->open_info(row->info);
  if (!info) return std::unexpected(info.error());
  auto const last = row->last_number;
  auto const& rows = answers->at(3);
  auto const changed = redacted_events(call, events, last, [&](std::int64_t number) -> Result<Event> {
    if (number > rows.size()) return damaged_call(call, "an event is missing");
    auto const at = static_cast<int>(number) - 1;
    return read_event(*before, rows.integer(at, 0), rows.integer(at, 1), rows.text(at, 2), -1);
  });
  if (!changed) return std::unexpected(changed.error());
  if (events.empty()) {
    if (auto done = connection.run(std::array{commit()}); !done) return std::unexpected(done.error());
    return Resealed{.key = 0, .first = last + 1};
  }
  auto const after = seals.fresh(call);
  if (!after) return std::unexpected(after.error());
  auto const sealed = seal_anew(rows, *before, *after, *changed);
  if (!sealed) return std::unexpected(sealed.error());
  EventColumns told;
  auto number = last;
  for (auto& body : redactions_told(events)) {
    Event const event{.call = call, .tenant = row->tenant, .number = ++number, .time = now, .body = std::move(body)};
    told.add(event, *after, answers->at(4).integer(0, 0));
  }
  auto const new_info = after->seal_info(*info);
  // A snapshot may hold the words: its part makes another from the events.
  auto const done =
      connection.run(std::array{sealed->update(), told.insert(),
                                Query{"UPDATE sotto.calls SET info = $2, key = $3, last_number = $4 WHERE id = $1",
                                      Params(call, Bytes{new_info}, after->id(), number)},
                                Query{"UPDATE sotto.parts SET snapshot = '' WHERE call = $1", Params(call)}, commit()});
  if (!done) return std::unexpected(done.error());
  seals.forget(call);
  return Resealed{.key = row->key, .first = last + 1};
}

Result<Resealed> erase(Connection& connection, WriterSeals& seals, std::string const& call) {
  seals.forget(call);
  auto const deleted = [&](std::string const& table) {
    return Query{"DELETE FROM sotto." + table + " WHERE call = $1", Params(call)};
  };
  auto const done = connection.run(std::array{
      begin(), of_tenant("*"), Query{"SELECT key FROM sotto.calls WHERE id = $1 FOR NO KEY UPDATE", Params(call)},
      deleted("events"), deleted("ledger"), deleted("tracks"),
      Query{"UPDATE sotto.parts SET fence = fence + 1, done = true, owner = '', snapshot = '' WHERE call = "
            "$1 AND NOT (done AND owner = '' AND snapshot = '')",
            Params(call)},
      Query{"UPDATE sotto.calls SET erased = true, key = 0, info = '', resume_digest = '', region = '', team = '', "
            "agent = '', damaged = '', live = false, cues = 0, late = 0, heard = 1, stored = 0 WHERE id = $1",
            Params(call)},
      commit()});
  if (!done) return std::unexpected(done.error());
  auto const& key = done->at(2);
  if (key.size() == 0) return fail("no_such_call", "there is no call " + call);
  return Resealed{.key = key.integer(0, 0)};
}

}  // namespace sotto::postgres
