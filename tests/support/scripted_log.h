// CallLog and CallIndex in memory with the ports' rules, and faults: batches that fail, hang, come late or are stored
// while their answer says they are not. Single-threaded; answers through the executor. What a crash leaves is what was
// stored: reopen() is the next process over it.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/limits.h"
#include "call/call_totals.h"
#include "call/event_codec.h"
#include "call/settled.h"
#include "ports/call_index.h"
#include "ports/call_log.h"

namespace sotto {

class ScriptedLog final : public CallLog, public CallIndex {
 public:
  ScriptedLog(Executor& executor, Clock const& clock) : executor_(executor), clock_(clock) {}

  bool failing = false;  // batches are refused with store_failed
  int failures = 0;      // so are the next ones, this many
  int unclear = 0;       // the next ones, this many, are stored, and their answer is store_failed
  bool held = false;     // batches wait for let_go()
  int appended = 0;      // batches that were stored
  std::function<void(Append const&)> on_stored = [](Append const&) {};

  // The batches that waited, in order.
  void let_go() {
    held = false;
    for (auto& work : std::exchange(waiting_, {})) work();
  }
  // As after a restart of the process: what was not stored is gone, and so are all leases.
  void reopen() {
    waiting_.clear();
    for (auto& [id, call] : calls_) {
      for (auto& part : call.parts) part.free();
    }
  }
  // What stands there of the event is not what was written.
  void spoil(std::string const& call, std::int64_t number) { calls_.at(call).spoiled.insert(number); }

  void append(Append batch, Then<std::int64_t> then) override {
    auto work = [this, batch = std::move(batch), then = std::move(then)] { answer(then, store(batch)); };
    if (held) waiting_.push_back(std::move(work));
    else work();
  }

  void read(std::string id, std::int64_t after, std::size_t most, Then<std::vector<Event>> then) override {
    answer(then, read_from(id, after, most));
  }

  void claim(Part part, std::string worker, std::size_t most, Then<std::vector<Claimed>> then) override {
    std::vector<Call*> oldest;
    for (auto& [id, call] : calls_) oldest.push_back(&call);
    std::ranges::sort(oldest, {},
                      [](Call const* call) { return std::pair(call->record.info.started, call->record.info.id); });
    std::vector<Claimed> out;
    for (auto* call : oldest) {
      auto& owned = call->part(part);
      if (out.size() == most) break;
      if (owned.done || owned.lease_until > clock_.now()) continue;
      if (!call->spoiled.empty()) {
        set_aside(*call);
        continue;
      }
      out.push_back(taken(*call, part, worker));
    }
    answer<std::vector<Claimed>>(then, std::move(out));
  }

  void claim_call(Part part, std::string worker, std::string id, Then<std::optional<Claimed>> then) override {
    auto const found = calls_.find(id);
    bool const free =
        found != calls_.end() && !found->second.part(part).done && found->second.part(part).lease_until <= clock_.now();
    answer<std::optional<Claimed>>(then, free ? std::optional(taken(found->second, part, worker)) : std::nullopt);
  }

  void renew(std::vector<Lease> leases, Then<std::vector<Lease>> then) override {
    std::erase_if(leases, [this](Lease const& lease) {
      auto* part = find_part(lease);
      if (!part || part->fence != lease.fence || part->owner.empty() || part->done) return true;
      part->lease_until = clock_.now() + limits::kLease;
      return false;
    });
    answer<std::vector<Lease>>(then, std::move(leases));
  }

  void release(Lease lease) override {
    auto* part = find_part(lease);
    if (part && part->fence == lease.fence) part->free();
  }

  void follow(Unsettled what, Then<std::vector<Sequenced>> then) override {
    std::vector<Sequenced> out;
    auto const& settled = settled_[what.consumer];
    for (auto at = static_cast<std::size_t>(what.after); at < order_.size() && out.size() < what.most; ++at) {
      auto const place = static_cast<std::int64_t>(at) + 1;
      auto& call = calls_.at(order_[at].first);
      auto const number = order_[at].second;
      if (settled.contains(place) || call.erased) continue;
      auto const& event = call.record.events[static_cast<std::size_t>(number - 1)];
      if (!what.types.empty() && std::ranges::find(what.types, type_of(event.body)) == what.types.end()) continue;
      if (call.spoiled.contains(number)) set_aside(call);
      else out.push_back({place, event});
    }
    answer<std::vector<Sequenced>>(then, std::move(out));
  }

  void settle(std::string consumer, std::int64_t first, std::int64_t last) override {
    settled_[consumer].add(first, last);
  }

  void consumers(Then<std::vector<std::string>> then) override {
    std::vector<std::string> out;
    for (auto const& [name, settled] : settled_) out.push_back(name);
    answer<std::vector<std::string>>(then, std::move(out));
  }

  void redact(std::string id, std::vector<Redaction> events, Then<std::int64_t> then) override {
    auto const first = std::make_shared<std::int64_t>(0);
    auto const done = take_back(id, [&](Call& call) { return redact_in(call, events, *first); });
    answer<std::int64_t>(then, done ? Result<std::int64_t>(*first) : std::unexpected(done.error()));
  }
  void erase(std::string id, Then<void> then) override {
    answer<void>(then, take_back(id, [&](Call& call) { return erase_in(call); }));
  }

  void list(CallFilter filter, Then<std::vector<CallSummary>> then) override {
    std::vector<CallSummary> out;
    for (auto const& [id, call] : calls_) {
      if (!matches(filter, call)) continue;
      out.push_back({.info = call.record.info,
                     .damaged = call.damaged,
                     .erased = call.erased,
                     .live = call.totals.live,
                     .end_reason = call.totals.end_reason,
                     .duration_ms = call.totals.duration_ms,
                     .events = std::ssize(call.record.events),
                     .cues = call.totals.cues,
                     .late = call.totals.late,
                     .heard = call.totals.heard});
    }
    std::ranges::sort(out, {}, [](CallSummary const& call) { return place(call.info); });
    if (out.size() > filter.limit) out.resize(filter.limit);
    answer<std::vector<CallSummary>>(then, std::move(out));
  }

  void load(std::string id, Then<CallRecord> then) override {
    if (auto const whole = read_from(id, 0, 1); !whole) return answer<CallRecord>(then, std::unexpected(whole.error()));
    auto out = calls_.at(id).record;
    out.live = calls_.at(id).totals.live;
    answer<CallRecord>(then, std::move(out));
  }

  void find(std::string id, Then<KnownCall> then) override {
    auto const found = calls_.find(id);
    if (found == calls_.end()) return answer<KnownCall>(then, KnownCall{});
    auto const& call = found->second;
    answer<KnownCall>(then, KnownCall{.state = call.totals.live ? CallState::live : CallState::ended,
                                      .scope = scope_of(call.record.info)});
  }

  void stored(Then<StoredBytes> then) override {
    StoredBytes out;
    for (auto const& [id, call] : calls_) {
      auto& bytes = out[call.record.info.tenant];
      if (!call.parts[0].done && !call.parts[1].done) continue;
      for (auto const& event : call.record.events) bytes += std::ssize(boost::json::serialize(to_cloud_event(event)));
    }
    answer<StoredBytes>(then, std::move(out));
  }

 private:
  // In the order of the list: the newest first.
  static std::pair<Duration, std::string> place(CallInfo const& info) {
    return {-info.started.time_since_epoch(), info.id};
  }
  template <typename Call>
  Claimed taken(Call& call, Part part, std::string const& worker) {
    auto& owned = call.part(part);
    ++owned.fence;
    owned.owner = worker;
    owned.lease_until = clock_.now() + limits::kLease;
    return {.lease = {call.record.info.id, part, owned.fence},
            .info = call.record.info,
            .resume_digest = call.resume_digest,
            .batch = owned.batch,
            .last_number = std::ssize(call.record.events),
            .ledger = part == Part::speech ? call.record.ledger : decltype(call.record.ledger){},
            .consumed = owned.consumed,
            .snapshot = owned.snapshot};
  }
  template <typename Call>
  static bool matches(CallFilter const& filter, Call const& call) {
    auto const& info = call.record.info;
    return filter.scope.covers(scope_of(info)) && filter.live.value_or(call.totals.live) == call.totals.live &&
           info.started >= filter.from.value_or(info.started) && (!filter.before || info.started < *filter.before) &&
           (!filter.after || place(info) > place({.id = filter.after->call, .started = filter.after->started}));
  }

  struct OwnedPart {
    std::int64_t fence = 0, batch = 0, first = 1, consumed = 0;
    std::string owner, snapshot;
    Time lease_until;
    bool done = false;

    void free() {
      owner.clear();
      lease_until = {};
    }
  };
  struct Call {
    CallRecord record;
    std::string resume_digest, damaged;
    bool erased = false;
    CallTotals totals;
    std::map<Track, std::int64_t> decided;
    OwnedPart parts[2];
    std::set<std::int64_t> spoiled;

    OwnedPart& part(Part which) { return parts[static_cast<std::size_t>(which)]; }
  };

  template <typename T>
  void answer(Then<T> const& then, Result<T> result) {
    executor_.post([then, result = std::move(result)] { then(result); });
  }

  OwnedPart* find_part(Lease const& lease) {
    auto const call = calls_.find(lease.call);
    return call == calls_.end() ? nullptr : &call->second.part(lease.part);
  }

  static void set_aside(Call& call) {
    call.damaged = "call " + call.record.info.id + " is damaged";
    call.totals.live = false;
    call.totals.end_reason = "damaged";
    for (auto& part : call.parts) {
      if (!std::exchange(part.done, true)) ++part.fence;
    }
  }

  Result<std::vector<Event>> read_from(std::string const& id, std::int64_t after, std::size_t most) {
    auto const found = calls_.find(id);
    if (found == calls_.end()) return fail("no_such_call", "there is no call " + id);
    auto& call = found->second;
    if (call.erased) return fail("erased", "call " + id + " was erased");
    if (!call.spoiled.empty()) set_aside(call);
    if (!call.damaged.empty()) return fail("damaged", call.damaged);
    auto const& events = call.record.events;
    std::vector<Event> out;
    for (auto at = static_cast<std::size_t>(after); at < events.size() && out.size() < most; ++at)
      out.push_back(events[at]);
    return out;
  }

  Result<std::int64_t> store(Append const& batch) {
    if (failing || failures > 0) {
      failures -= failures > 0;
      return fail("store_failed", "the test wants it so");
    }
    bool const known = calls_.contains(batch.lease.call);
    auto first = judge(batch);
    if (first && *first == 0) {
      first = apply(batch);
      on_stored(batch);
    } else if (!first && !known) {
      calls_.erase(batch.lease.call);
    }
    if (first && unclear > 0) {
      --unclear;
      return fail("store_failed", "stored, yet the test wants it so");
    }
    return first;
  }

  // 0: it is the part's next; a number: it is the last one again. Either all of a batch is stored or nothing.
  Result<std::int64_t> judge(Append const& batch) {
    if (batch.opening) {
      auto const& [info, digest, worker] = *batch.opening;
      if (info.id != batch.lease.call || batch.lease.part != Part::speech || batch.batch != 1)
        return fail("conflict", "a call is opened by the first batch of its speech");
      if (auto const found = calls_.find(info.id); found == calls_.end()) open(*batch.opening);
      else if (found->second.erased || found->second.resume_digest != digest)
        return fail("conflict", "the call exists");
    }
    auto const found = calls_.find(batch.lease.call);
    if (found == calls_.end()) return fail("conflict", "there is no such call");
    auto& call = found->second;
    auto const& part = call.part(batch.lease.part);
    if (part.fence != (batch.opening ? 1 : batch.lease.fence)) return fail("fenced", "another owner");
    if (part.batch == batch.batch) return part.first;
    if (part.batch + 1 != batch.batch || part.done) return fail("conflict", "not the next batch");
    for (auto const& update : batch.tracks) {
      if (!call.decided.contains(update.track) || call.decided[update.track] != update.decided_before)
        return fail("conflict", "decided prefix");
    }
    auto const consumed = batch.consumed.value_or(part.consumed);
    if (consumed < part.consumed || consumed > std::ssize(call.record.events) + std::ssize(batch.events))
      return fail("conflict", "consumed");
    return 0;
  }

  template <typename Work>
  Result<void> take_back(std::string const& id, Work work) {
    if (failing || failures > 0) {
      failures -= failures > 0;
      return fail("store_failed", "the test wants it so");
    }
    auto const found = calls_.find(id);
    return found == calls_.end() ? fail("no_such_call", "there is no call " + id) : work(found->second);
  }

  Result<void> redact_in(Call& call, std::vector<Redaction> const& redactions, std::int64_t& first) {
    if (call.erased) return fail("erased", "the call was erased");
    auto events = call.record.events;
    first = std::ssize(events) + 1;
    for (auto const& [number, body] : redactions) {
      if (number < 1 || number > std::ssize(events)) return fail("no_such_event", "there is no such event");
      auto& event = events[static_cast<std::size_t>(number - 1)];
      if (event.body.index() != body.index()) return fail("bad_event", "another kind of event");
      event.body = body;
    }
    if (redactions.empty()) return {};
    call.record.events = std::move(events);
    for (auto const& [number, body] : redactions) {
      EventRedacted const told{.number = number, .type = std::string(type_of(body)), .data = data_of(body)};
      for (auto& one : call.record.events) {
        auto* earlier = std::get_if<EventRedacted>(&one.body);
        if (earlier && earlier->number == number) *earlier = told;
      }
      add(call, {.time = clock_.now(), .body = told});
    }
    for (auto& part : call.parts) part.snapshot.clear();
    return {};
  }

  Result<void> erase_in(Call& call) {
    auto const& info = call.record.info;
    call.record = {.info = {.id = info.id, .tenant = info.tenant, .started = info.started}, .ledger = {}, .events = {}};
    call.erased = true;
    call.damaged.clear();
    call.spoiled.clear();
    call.totals.live = false;
    for (auto& part : call.parts) {
      part.done = true;
      ++part.fence;
    }
    return {};
  }

  void add(Call& call, NewEvent const& event) {
    auto const& info = call.record.info;
    auto const number = std::ssize(call.record.events) + 1;
    call.record.events.push_back(
        {.call = info.id, .tenant = info.tenant, .number = number, .time = event.time, .body = event.body});
    order_.emplace_back(info.id, number);
    fold(call.totals, event.body);
    if (auto const* changed = std::get_if<AgentChanged>(&event.body)) {
      call.record.info.agent = changed->agent;
      call.record.info.team = changed->team;
    }
  }

  void open(Opening const& opening) {
    auto& call = calls_[opening.info.id];
    call.record.info = opening.info;
    call.resume_digest = opening.resume_digest;
    call.parts[0].fence = 1;
    call.parts[0].owner = opening.worker;
    call.parts[0].lease_until = clock_.now() + limits::kLease;
    for (auto const track : opening.info.tracks) {
      call.decided[track] = 0;
      call.record.ledger[track] = {};
    }
  }

  std::int64_t apply(Append const& batch) {
    auto& call = calls_.at(batch.lease.call);
    auto& part = call.part(batch.lease.part);
    for (auto const& update : batch.tracks) {
      call.decided[update.track] = update.decided_after;
      auto& rows = call.record.ledger[update.track];
      for (auto const& row : update.rows)
        rows.insert(std::ranges::lower_bound(rows, row.from, {}, &LedgerRow::from), row);
    }
    part.first = std::ssize(call.record.events) + 1;
    for (auto const& event : batch.events) add(call, event);
    part.batch = batch.batch;
    part.consumed = batch.consumed.value_or(part.consumed);
    if (batch.snapshot) part.snapshot = *batch.snapshot;
    part.done = batch.done;
    ++appended;
    return part.first;
  }

  Executor& executor_;
  Clock const& clock_;
  std::map<std::string, Call> calls_;
  std::vector<std::pair<std::string, std::int64_t>> order_;  // of all events: call, number
  std::map<std::string, Settled> settled_;                   // by consumer
  std::deque<std::function<void()>> waiting_;
};

}  // namespace sotto
