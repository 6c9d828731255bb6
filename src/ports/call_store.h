// Port CallStore: calls, their numbered events and their coverage ledgers, durable before they are acknowledged.
//
// Contract (tests/contract/call_store_contract.h):
//  * commit() is atomic and durable: when `done` has a value, a kill -9 or a power cut loses none of it.
//  * Compare-and-set: each TrackUpdate names the decided prefix it was computed from; if the stored prefix is another
//  one
//    the whole commit is refused with error `conflict` and nothing of it is stored.
//  * Committing the same batch again after an unclear failure is a success that changes nothing.
//  * Any other error means "not stored, try again".
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "call/call.h"
#include "call/event.h"
#include "call/ledger.h"

namespace sotto {

struct TrackUpdate {
  Track track = Track::customer;
  std::int64_t decided_before = 0;
  std::int64_t decided_after = 0;
  std::vector<LedgerRow> rows;  // decided since the last commit, in any order
};

struct StoreBatch {
  std::string call;
  std::optional<CallInfo> opened;  // first batch of a call
  std::string resume_digest;       // with `opened`: digest of the resume token
  std::vector<Event> events;       // consecutive numbers
  std::vector<TrackUpdate> tracks;
  bool ended = false;  // last batch of a call
};

struct CallSummary {
  CallInfo info;
  bool live = false;
  std::string end_reason;  // when ended
  std::int64_t duration_ms = 0;
  std::int64_t events = 0;
  int cues = 0, late = 0;
  double heard = 1.0;
};

struct StoredCall {
  CallInfo info;
  std::string resume_digest;
  std::int64_t epoch = 1;
  bool live = false;
  std::map<Track, std::vector<LedgerRow>> ledger;
  std::vector<Event> events;
};

class CallStore {
 public:
  virtual ~CallStore() = default;
  // Never blocks; `done` is called exactly once, on the executor the adapter was built with, never inside commit().
  // Batches of one call are committed in the order given.
  virtual void commit(StoreBatch batch, std::function<void(Result<void>)> done) = 0;

  // Reads. May block for a disk read: call them off the hot path. Error `no_such_call` where the id is unknown.
  virtual Result<bool> exists(std::string const& call) = 0;
  virtual Result<StoredCall> load(std::string const& call) = 0;
  virtual Result<std::vector<CallSummary>> list(int limit) = 0;
  // Live calls of a process that is gone, each given a new epoch (durable on return).
  virtual Result<std::vector<StoredCall>> adopt_live_calls() = 0;
};

}  // namespace sotto
