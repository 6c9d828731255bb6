// CallStore in memory with the port's rules, and faults: commits that fail, hang or come late. Single-threaded; answers
// through the executor. What a crash leaves is `calls`: only what was answered or was about to be.
#pragma once

#include <deque>
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

  static std::int64_t decided(std::vector<LedgerRow> const& rows) {
    Ledger ledger;
    for (auto const& row : rows) {
      ledger.receive(row.to);
      ledger.mark(row);
    }
    return ledger.decided();
  }

  Result<void> apply(StoreBatch const& batch) {
    if (failing) return fail("store_failed", "the test wants it so");
    auto next = calls_[batch.call];
    if (batch.opened) {
      if (!next.info.id.empty() && next.resume_digest != batch.resume_digest) return fail("conflict", "call exists");
      next.info = *batch.opened;
      next.resume_digest = batch.resume_digest;
      next.live = true;
    }
    for (auto const& update : batch.tracks) {
      auto& rows = next.ledger[update.track];
      auto const now = decided(rows);
      if (now == update.decided_after && now != update.decided_before) continue;  // the same batch again
      if (now != update.decided_before) return fail("conflict", "decided prefix");
      for (auto const& row : update.rows) {
        if (std::ranges::find(rows, row.from, &LedgerRow::from) == rows.end()) rows.push_back(row);
      }
      std::ranges::sort(rows, {}, &LedgerRow::from);
    }
    for (auto const& event : batch.events) {
      if (event.number <= std::ssize(next.events)) {
        if (next.events[event.number - 1].data != event.data) return fail("conflict", "event");
        continue;
      }
      if (event.number != std::ssize(next.events) + 1) return fail("conflict", "a hole in the numbers");
      next.events.push_back(event);
    }
    if (batch.ended) next.live = false;
    calls_[batch.call] = std::move(next);
    ++commits;
    return {};
  }

  Executor& executor_;
  std::map<std::string, StoredCall> calls_;
  std::deque<std::pair<StoreBatch, std::function<void(Result<void>)>>> waiting_;
};

}  // namespace sotto
