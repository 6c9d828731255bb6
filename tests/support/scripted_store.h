// CallStore in memory with the port's rules, and faults: commits that fail, hang or come late. Single-threaded; answers
// through the executor. What a crash leaves is `calls`: only what was answered or was about to be.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "ports/call_store.h"

namespace sotto {

class ScriptedStore final : public CallStore {
 public:
  explicit ScriptedStore(Executor& executor) : executor_(executor) {}

  bool failing = false;  // commits are refused with store_failed
  bool held = false;     // commits wait for release()
  int commits = 0;       // that were stored
  std::function<void(StoreBatch const&)> on_stored = [](StoreBatch const&) {};

  void commit(StoreBatch batch, std::function<void(Result<void>)> done) override {
    if (held) return void(waiting_.emplace_back(std::move(batch), std::move(done)));
    answer(std::move(done), apply(batch));
  }
  void release() {
    for (auto& [batch, done] : std::exchange(waiting_, {})) answer(std::move(done), apply(batch));
  }

  Result<bool> exists(std::string const& call) override { return calls_.contains(call); }
  Result<StoredCall> load(std::string const& call) override {
    auto const found = calls_.find(call);
    if (found == calls_.end()) return fail("no_such_call", "there is no call " + call);
    return found->second;
  }
  Result<std::vector<CallSummary>> list(int limit) override {
    std::vector<CallSummary> out;
    for (auto const& [id, call] : calls_) {
      if (static_cast<int>(out.size()) < limit)
        out.push_back({.info = call.info, .live = call.live, .events = std::ssize(call.events)});
    }
    return out;
  }
  Result<std::vector<StoredCall>> adopt_live_calls() override {
    std::vector<StoredCall> out;
    for (auto& [id, call] : calls_) {
      if (!call.live) continue;
      ++call.epoch;
      out.push_back(call);
    }
    return out;
  }

 private:
  void answer(std::function<void(Result<void>)> done, Result<void> result) {
    executor_.post([done = std::move(done), result = std::move(result)] { done(result); });
  }

  // End of the prefix that the rows, in order, cover.
  static std::int64_t decided(std::vector<LedgerRow> const& rows) {
    std::int64_t at = 0;
    for (auto const& row : rows) {
      if (row.from > at) break;
      at = std::max(at, row.to);
    }
    return at;
  }

  // Either all of the batch or nothing: judged first, then stored, so that a call of hours is never copied.
  Result<void> apply(StoreBatch const& batch) {
    if (failing) return fail("store_failed", "the test wants it so");
    auto& call = calls_[batch.call];
    if (auto const judged = judge(call, batch); !judged) {
      if (call.info.id.empty()) calls_.erase(batch.call);
      return judged;
    }
    if (batch.opened) {
      call.info = *batch.opened;
      call.resume_digest = batch.resume_digest;
      call.live = true;
    }
    for (auto const& update : batch.tracks) {
      auto& rows = call.ledger[update.track];
      if (decided(rows) != update.decided_before) continue;  // the same batch again
      for (auto const& row : update.rows) {
        auto const at = std::ranges::lower_bound(rows, row.from, {}, &LedgerRow::from);
        if (at == rows.end() || at->from != row.from) rows.insert(at, row);
      }
    }
    for (auto const& event : batch.events) {
      if (event.number > std::ssize(call.events)) call.events.push_back(event);
    }
    if (batch.ended) call.live = false;
    ++commits;
    on_stored(batch);
    return {};
  }

  Result<void> judge(StoredCall const& call, StoreBatch const& batch) const {
    if (batch.opened && !call.info.id.empty() && call.resume_digest != batch.resume_digest)
      return fail("conflict", "call exists");
    for (auto const& update : batch.tracks) {
      auto const rows = call.ledger.find(update.track);
      auto const now = rows == call.ledger.end() ? 0 : decided(rows->second);
      if (now != update.decided_before && now != update.decided_after) return fail("conflict", "decided prefix");
    }
    auto next = std::ssize(call.events) + 1;
    for (auto const& event : batch.events) {
      if (event.number > next) return fail("conflict", "a hole in the numbers");
      if (event.number == next) ++next;
      else if (call.events[event.number - 1].data != event.data) return fail("conflict", "event");
    }
    return {};
  }

  Executor& executor_;
  std::map<std::string, StoredCall> calls_;
  std::deque<std::pair<StoreBatch, std::function<void(Result<void>)>>> waiting_;
};

}  // namespace sotto
