// Port CallIndex: calls as they are looked up and listed. All of it is read from what is stored; nothing here blocks,
// and a short look-up never stands behind a long read. `then` is called exactly once, on the executor the adapter was
// built with, never inside the call.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "call/call.h"
#include "call/events.h"
#include "call/ledger.h"
#include "call/scope.h"
#include "ports/call_log.h"

namespace sotto {

enum class CallState { unknown, live, ended };

// Where a call stands in the list of all: the newest first, of one microsecond by id.
struct CallPlace {
  Time started;
  std::string call;
};

// What is empty is any.
struct CallFilter {
  Scope scope = {};                               // whose calls
  std::optional<bool> live = std::nullopt;        // live, or ended
  std::optional<Time> from = std::nullopt;        // started then or later
  std::optional<Time> before = std::nullopt;      // started before
  std::optional<CallPlace> after = std::nullopt;  // only what stands behind it in the list
  std::size_t limit = 500;                        // the first so many
};

// What is known of a call without its texts. `scope` of one that was erased: its tenant alone.
struct KnownCall {
  CallState state = CallState::unknown;
  Scope scope = {};
};

struct CallSummary {
  CallInfo info;             // of one that is damaged only id, tenant, team, agent and start; erased: id, tenant, start
  std::string damaged = {};  // why it cannot be read; empty: it can
  bool erased = false;       // what was said was taken back
  bool live = false;
  std::string end_reason;  // when ended
  std::int64_t duration_ms = 0;
  std::int64_t events = 0;
  int cues = 0, late = 0;
  double heard = 1.0;
};

// Everything that is stored of a call.
struct CallRecord {
  CallInfo info;
  bool live = false;
  std::map<Track, std::vector<LedgerRow>> ledger;
  std::vector<Event> events;
};

// Bytes by tenant.
using StoredBytes = std::map<std::string, std::int64_t, std::less<>>;

class CallIndex {
 public:
  virtual ~CallIndex() = default;
  // The newest first. Errors: store_failed, keys_failed.
  virtual void list(CallFilter filter, Then<std::vector<CallSummary>> then) = 0;
  // Errors: no_such_call; erased; damaged: what stands there is not what was written, with the call and the event.
  virtual void load(std::string call, Then<CallRecord> then) = 0;
  // Unknown is no error. Errors: store_failed.
  virtual void find(std::string call, Then<KnownCall> then) = 0;
  // What the events of each tenant's calls take, as they are stored; a call counts from when one of its parts is done.
  // Error: store_failed.
  virtual void stored(Then<StoredBytes> then) = 0;
};

}  // namespace sotto
