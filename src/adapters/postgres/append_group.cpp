#include "adapters/postgres/append_group.h"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "adapters/postgres/statements.h"
#include "adapters/sealed_call/stored_texts.h"
#include "call/event_codec.h"

namespace sotto::postgres {

void EventColumns::add(Event const& event, CallSeal const& seal, std::int64_t place) {
  auto const text = boost::json::serialize(to_cloud_event(event));
  auto const time_us = microseconds(event.time);
  sequences.push_back(place + std::ssize(sequences));
  calls.push_back(event.call);
  tenants.push_back(event.tenant);
  numbers.push_back(event.number);
  types.emplace_back(type_of(event.body));
  times.push_back(time_us);
  bodies.emplace_back(seal.seal_event(event.number, time_us, text));
}

Query EventColumns::insert() const {
  return {
      "INSERT INTO sotto.events(sequence, call, tenant, number, type, time_us, body) "
      "SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bytea[])",
      Params(sequences, calls, tenants, numbers, types, times, bodies)};
}

// --- read ---

void AppendGroup::make_keys(WriterSeals& seals) {
  for (auto const* batch : batches_) {
    if (!batch->opening || !check_opening(*batch) || opened_.contains(batch->lease.call)) continue;
    auto const& call = batch->lease.call;
    auto const seal = seals.fresh(call);
    if (seal) {
      seals_.insert_or_assign(call, *seal);
      opened_.emplace(call, Opened{seal->id(), seal->seal_info(boost::json::serialize(to_json(batch->opening->info)))});
    } else {
      opened_.emplace(call, std::unexpected(seal.error()));
    }
  }
}

// Calls that are opened stand there before they are locked: of two that open the same one, the second finds the
// first's.
static Query insert_calls(std::vector<Append const*> const& openings,
                          std::vector<std::optional<std::string>> const& infos, std::vector<std::int64_t> const& keys) {
  std::vector<std::string> ids, tenants, digests, regions, teams, agents;
  std::vector<std::int64_t> started;
  for (auto const* batch : openings) {
    auto const& info = batch->opening->info;
    ids.push_back(info.id);
    tenants.push_back(info.tenant);
    regions.push_back(info.region);
    teams.push_back(info.team);
    agents.push_back(info.agent);
    digests.push_back(batch->opening->resume_digest);
    started.push_back(microseconds(info.started));
  }
  return {
      "INSERT INTO sotto.calls(id, tenant, region, team, agent, started_us, info, resume_digest, key) "
      "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bytea[], "
      "$8::text[], $9::bigint[]) AS opened(id) ORDER BY id ON CONFLICT DO NOTHING RETURNING id",
      Params(ids, tenants, regions, teams, agents, started, infos, digests, keys)};
}

std::vector<Query> AppendGroup::to_read() const {
  std::set<std::string> calls, handed_over, opening_ids;
  std::vector<Append const*> openings;
  std::vector<std::optional<std::string>> infos;
  std::vector<std::int64_t> keys;
  std::vector<std::string> row_calls;
  std::vector<std::int64_t> row_tracks, row_firsts;
  for (auto const* batch : batches_) {
    auto const& call = batch->lease.call;
    calls.insert(call);
    if (auto const opened = opened_.find(call);
        batch->opening && opened != opened_.end() && opened->second && opening_ids.insert(call).second) {
      openings.push_back(batch);
      infos.emplace_back(opened->second->info);
      keys.push_back(opened->second->key);
    }
    for (auto const& event : batch->events)
      if (std::holds_alternative<AgentChanged>(event.body)) handed_over.insert(call);
    for (auto const& update : batch->tracks) {
      for (auto const& row : update.rows) {
        row_calls.push_back(call);
        row_tracks.push_back(static_cast<std::int64_t>(update.track));
        row_firsts.push_back(row.from);
      }
    }
  }
  std::vector<std::string> const ids(calls.begin(), calls.end()), handed(handed_over.begin(), handed_over.end());
  return {
      insert_calls(openings, infos, keys),
      {"SELECT id, tenant, resume_digest, key, last_number, cues, late, live, end_reason, duration_ms, heard, "
       "CASE WHEN id = ANY($2) THEN info END FROM sotto.calls WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
       Params(ids, handed)},
      {"SELECT call, part, fence, batch, first, consumed, done FROM sotto.parts WHERE call = ANY($1)", Params(ids)},
      {"SELECT call, track, decided FROM sotto.tracks WHERE call = ANY($1)", Params(ids)},
      {"SELECT call, track, first FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS asked(call, track, first), "
       "LATERAL (SELECT FROM sotto.ledger AS l WHERE l.call = asked.call AND l.track = asked.track AND l.first = "
       "asked.first LIMIT 1) AS known",
       Params(row_calls, row_tracks, row_firsts)},
      {"SELECT (base + pg_current_xact_id()::text::bigint) * $1 FROM sotto.store", Params(kPlaces)}};
}

void AppendGroup::read_calls(Rows const& calls) {
  for (int i = 0; i < calls.size(); ++i) {
    State state{.tenant = calls.text(i, 1),
                .digest = calls.text(i, 2),
                .totals = {.cues = static_cast<int>(calls.integer(i, 5)),
                           .late = static_cast<int>(calls.integer(i, 6)),
                           .live = calls.boolean(i, 7),
                           .end_reason = calls.text(i, 8),
                           .duration_ms = calls.integer(i, 9),
                           .heard = calls.real(i, 10)},
                .key = calls.integer(i, 3),
                .last_number = calls.integer(i, 4),
                .info = calls.text(i, 11)};
    before_.emplace(calls.text(i, 0), std::move(state));
  }
}

void AppendGroup::read(std::span<Rows const> answers) {
  auto const& [opened, calls, parts, tracks, rows, place] =
      std::tie(answers[0], answers[1], answers[2], answers[3], answers[4], answers[5]);
  read_calls(calls);
  for (int i = 0; i < parts.size(); ++i) {
    auto const part = parts.integer(i, 1);
    if (part < 0 || part > 1) continue;
    before_.at(parts.text(i, 0)).parts.at(static_cast<std::size_t>(part)) = {.fence = parts.integer(i, 2),
                                                                             .batch = parts.integer(i, 3),
                                                                             .first = parts.integer(i, 4),
                                                                             .consumed = parts.integer(i, 5),
                                                                             .done = parts.boolean(i, 6)};
  }
  for (int i = 0; i < tracks.size(); ++i)
    before_.at(tracks.text(i, 0)).decided[tracks.integer(i, 1)] = tracks.integer(i, 2);
  for (int i = 0; i < rows.size(); ++i) taken_rows_.insert({rows.text(i, 0), rows.integer(i, 1), rows.integer(i, 2)});
  for (int i = 0; i < opened.size(); ++i) before_.at(opened.text(i, 0)).fresh = true;
  for (auto const* batch : batches_) {
    auto const found = before_.find(batch->lease.call);
    if (!batch->opening || found == before_.end() || !found->second.fresh) continue;
    found->second.parts[0].fence = 1;
    for (auto const track : batch->opening->info.tracks) found->second.decided[static_cast<std::int64_t>(track)] = 0;
  }
  for (auto const& [call, opening] : opened_) {
    if (auto const found = before_.find(call); opening && (found == before_.end() || !found->second.fresh)) {
      needless_.push_back(opening->key);
      seals_.erase(call);
    }
  }
  place_ = place.integer(0, 0);
}

// --- apply ---

std::vector<Result<std::int64_t>> AppendGroup::apply(WriterSeals& seals) {
  states_ = before_;
  std::vector<Result<std::int64_t>> out;
  for (auto const* batch : batches_) out.push_back(answer(*batch, seals));
  return out;
}

Result<std::int64_t> AppendGroup::answer(Append const& batch, WriterSeals& seals) {
  auto const& call = batch.lease.call;
  if (auto checked = batch.opening ? check_opening(batch) : Result<void>(); !checked)
    return std::unexpected(checked.error());
  auto const found = states_.find(call);
  if (found == states_.end()) {
    if (auto const opened = opened_.find(call); opened != opened_.end() && !opened->second)
      return std::unexpected(opened->second.error());
    return fail("conflict", "there is no call " + call);
  }
  auto& state = found->second;
  if (batch.opening && state.digest != batch.opening->resume_digest)
    return fail("conflict", "call " + call + " exists already");
  auto const answered = admit(batch, state.parts.at(static_cast<std::size_t>(batch.lease.part)));
  if (!answered) return std::unexpected(answered.error());
  if (*answered) return **answered;
  if (!seals_.contains(call)) {
    auto seal = seals.of(call, state.key);
    if (!seal) return std::unexpected(seal.error());
    seals_.emplace(call, std::move(*seal));
  }
  auto trial = state;  // a batch that is refused leaves nothing behind
  auto number = apply(batch, seals_.at(call), trial);
  if (number) state = std::move(trial);
  return number;
}

Result<std::int64_t> AppendGroup::apply(Append const& batch, CallSeal const& seal, State& state) {
  auto const& call = batch.lease.call;
  for (auto const& update : batch.tracks) {
    if (auto done = apply_track(call, update, state); !done) return std::unexpected(done.error());
  }
  auto const first = state.last_number + 1;
  for (auto const& [time, body] : batch.events) {
    fold(state.totals, body);
    state.events.push_back(
        {.call = call, .tenant = state.tenant, .number = ++state.last_number, .time = time, .body = body});
    auto const* changed = std::get_if<AgentChanged>(&body);
    if (auto handed = changed ? hand_over(*changed, seal, state) : Result<void>(); !handed)
      return std::unexpected(handed.error());
  }
  auto& part = state.parts.at(static_cast<std::size_t>(batch.lease.part));
  auto after = part_after(batch, part, first, state.last_number);
  if (!after) return std::unexpected(after.error());
  part = *after;
  if (batch.snapshot)
    state.snapshots.at(static_cast<std::size_t>(batch.lease.part)) = seal.seal_snapshot(*batch.snapshot);
  return first;
}

Result<void> AppendGroup::apply_track(std::string const& call, TrackUpdate const& update, State& state) {
  auto const track = static_cast<std::int64_t>(update.track);
  auto const decided = state.decided.find(track);
  if (decided == state.decided.end() || decided->second != update.decided_before)
    return fail("conflict", fmt::format("track {} of call {} is not decided up to {}", name(update.track), call,
                                        update.decided_before));
  decided->second = update.decided_after;
  for (auto const& row : update.rows) {
    auto const is_new = [&, &row = row](auto const& other) {
      return other.first != update.track || other.second.from != row.from;
    };
    if (taken_rows_.contains({call, track, row.from}) || !std::ranges::all_of(state.rows, is_new))
      return fail("conflict", fmt::format("track {} of call {} is decided from sample {} already", name(update.track),
                                          call, row.from));
    state.rows.emplace_back(update.track, row);
  }
  return {};
}

// A call is listed under the agent who has it, or had it last.
Result<void> AppendGroup::hand_over(AgentChanged const& changed, CallSeal const& seal, State& state) {
  if (!state.handed_over) {
    auto const text = seal.open_info(state.info);
    auto info = text ? read_info(*text, seal.call()) : std::unexpected(text.error());
    if (!info) return std::unexpected(info.error());
    state.handed_over = std::move(*info);
  }
  state.handed_over->team = changed.team;
  state.handed_over->agent = changed.agent;
  return {};
}

// --- write ---

namespace {

struct CallColumns {
  std::vector<std::string> ids, end_reasons;
  std::vector<std::int64_t> last_numbers, cues, late, live, durations;
  std::vector<double> heard;

  Query update() const {
    return {
        "UPDATE sotto.calls AS c SET last_number = n.last, cues = n.cues, late = n.late, live = n.live <> 0, "
        "end_reason = n.reason, duration_ms = n.duration, heard = n.heard FROM unnest($1::text[], $2::bigint[], "
        "$3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::double precision[]) "
        "AS n(id, last, cues, late, live, reason, duration, heard) WHERE c.id = n.id",
        Params(ids, last_numbers, cues, late, live, end_reasons, durations, heard)};
  }
};

struct PartColumns {
  std::vector<std::string> calls;
  std::vector<std::int64_t> parts, batches, firsts, consumed, done;
  std::vector<std::optional<std::string>> snapshots;

  Query update() const {
    return {
        "UPDATE sotto.parts AS p SET batch = n.batch, first = n.first, consumed = n.consumed, done = n.done <> 0, "
        "snapshot = coalesce(n.snapshot, p.snapshot) FROM unnest($1::text[], $2::bigint[], $3::bigint[], "
        "$4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[]) AS n(call, part, batch, first, consumed, done, "
        "snapshot) WHERE p.call = n.call AND p.part = n.part",
        Params(calls, parts, batches, firsts, consumed, done, snapshots)};
  }
};

struct LedgerColumns {
  std::vector<std::string> calls, tenants, reasons;
  std::vector<std::int64_t> tracks, firsts, pasts, coverages, utterances;

  void add(std::string const& call, std::string const& tenant, Track track, LedgerRow const& row) {
    calls.push_back(call);
    tenants.push_back(tenant);
    tracks.push_back(static_cast<std::int64_t>(track));
    firsts.push_back(row.from);
    pasts.push_back(row.to);
    coverages.push_back(static_cast<std::int64_t>(row.coverage));
    utterances.push_back(row.utterance);
    reasons.push_back(row.reason);
  }
  Query insert() const {
    return {
        "INSERT INTO sotto.ledger(call, tenant, track, first, past, coverage, utterance, reason) SELECT * FROM "
        "unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], "
        "$8::text[])",
        Params(calls, tenants, tracks, firsts, pasts, coverages, utterances, reasons)};
  }
};

// Rows of tables that only name a call, its tenant and a few numbers.
struct TrackColumns {
  std::vector<std::string> calls, tenants;
  std::vector<std::int64_t> tracks, decided;

  void add(std::string const& call, std::string const& tenant, std::int64_t track, std::int64_t upto) {
    calls.push_back(call);
    tenants.push_back(tenant);
    tracks.push_back(track);
    decided.push_back(upto);
  }
  Query insert() const {
    return {
        "INSERT INTO sotto.tracks(call, tenant, track, decided) SELECT * FROM unnest($1::text[], $2::text[], "
        "$3::bigint[], $4::bigint[])",
        Params(calls, tenants, tracks, decided)};
  }
  Query update() const {
    return {
        "UPDATE sotto.tracks AS t SET decided = n.decided FROM unnest($1::text[], $2::bigint[], $3::bigint[]) "
        "AS n(call, track, decided) WHERE t.call = n.call AND t.track = n.track",
        Params(calls, tracks, decided)};
  }
};

Query insert_parts(std::vector<std::string> const& calls, std::vector<std::string> const& workers, Duration lease) {
  return {
      "INSERT INTO sotto.parts(call, tenant, started_us, part, fence, owner, lease_until) "
      "SELECT id, tenant, started_us, part, 1 - part, CASE part WHEN 0 THEN worker ELSE '' END, "
      "CASE part WHEN 0 THEN clock_timestamp() + $3 * interval '1 microsecond' ELSE '-infinity' END "
      "FROM unnest($1::text[], $2::text[]) AS opened(id, worker) JOIN sotto.calls USING (id) "
      "CROSS JOIN (VALUES (0), (1)) AS kinds(part)",
      Params(calls, workers, lease.count())};
}

Query count_stored(std::vector<std::string> const& calls) {
  return {
      "UPDATE sotto.calls SET stored = (SELECT coalesce(sum(octet_length(body)), 0) FROM sotto.events WHERE call = id) "
      "WHERE id = ANY($1)",
      Params(calls)};
}

Query hand_over(std::string const& call, CallInfo const& info, CallSeal const& seal) {
  auto const sealed = seal.seal_info(boost::json::serialize(to_json(info)));
  return {"UPDATE sotto.calls SET team = $2, agent = $3, info = $4 WHERE id = $1",
          Params(call, info.team, info.agent, Bytes{sealed})};
}

}  // namespace

std::vector<Query> AppendGroup::to_write(Duration lease) const {
  std::vector<Query> out;
  EventColumns events;
  CallColumns calls;
  PartColumns parts;
  LedgerColumns ledger;
  TrackColumns new_tracks, moved_tracks;
  std::vector<std::string> opened, workers, refused, over;
  for (auto const* batch : batches_) {
    auto const state = states_.find(batch->lease.call);
    if (!batch->opening || state == states_.end() || !state->second.fresh) continue;
    if (state->second.parts[0].batch == 0) {
      refused.push_back(state->first);
    } else if (std::ranges::find(opened, state->first) == opened.end()) {
      opened.push_back(state->first);
      workers.push_back(batch->opening->worker);
    }
  }
  for (auto const& [call, state] : states_) {
    if (state.fresh && state.parts[0].batch == 0) continue;
    auto const& before = before_.at(call);
    for (auto const& event : state.events) events.add(event, seals_.at(call), place_);
    if (state.last_number != before.last_number || state.totals != before.totals) {
      calls.ids.push_back(call);
      calls.last_numbers.push_back(state.last_number);
      calls.cues.push_back(state.totals.cues);
      calls.late.push_back(state.totals.late);
      calls.live.push_back(state.totals.live);
      calls.end_reasons.push_back(state.totals.end_reason);
      calls.durations.push_back(state.totals.duration_ms);
      calls.heard.push_back(state.totals.heard);
    }
    for (std::size_t part = 0; part < 2; ++part) {
      auto const& now = state.parts.at(part);
      if (now == before.parts.at(part) && !state.snapshots.at(part)) continue;
      parts.calls.push_back(call);
      parts.parts.push_back(static_cast<std::int64_t>(part));
      parts.batches.push_back(now.batch);
      parts.firsts.push_back(now.first);
      parts.consumed.push_back(now.consumed);
      parts.done.push_back(now.done);
      if (now.done) over.push_back(call);  // of two parts twice: no harm
      parts.snapshots.push_back(state.snapshots.at(part));
    }
    for (auto const& [track, decided] : state.decided) {
      auto& columns = state.fresh ? new_tracks : moved_tracks;
      if (state.fresh || before.decided.at(track) != decided) columns.add(call, state.tenant, track, decided);
    }
    for (auto const& [track, row] : state.rows) ledger.add(call, state.tenant, track, row);
    if (state.handed_over) out.push_back(postgres::hand_over(call, *state.handed_over, seals_.at(call)));
  }
  if (!refused.empty()) out.push_back({"DELETE FROM sotto.calls WHERE id = ANY($1)", Params(refused)});
  if (!opened.empty()) out.push_back(insert_parts(opened, workers, lease));
  if (!new_tracks.calls.empty()) out.push_back(new_tracks.insert());
  if (!moved_tracks.calls.empty()) out.push_back(moved_tracks.update());
  if (!ledger.calls.empty()) out.push_back(ledger.insert());
  if (!events.calls.empty()) out.push_back(events.insert());
  if (!calls.ids.empty()) out.push_back(calls.update());
  if (!over.empty()) out.push_back(count_stored(over));
  if (!parts.calls.empty()) out.push_back(parts.update());
  return out;
}

}  // namespace sotto::postgres
