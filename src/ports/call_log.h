// Port CallLog: the durable log of every call. A number is a place in it: it is minted by the log, inside the
// transaction. A part of a call (its speech, its guidance) is written by one owner at a time, who holds its lease; the
// fence of a lease grows with each owner, and whoever comes with an older one is refused.
//
// Contract (tests/contract/call_log_contract.h):
//  * append() is atomic and durable: once `then` has a number, a kill -9 or a power cut loses none of it. Events get
//    consecutive numbers; the events of a call are 1, 2, 3 ... over both parts.
//  * The same batch (call, part, batch) again, after an unclear failure, changes nothing and gets the same answer.
//  * A part has one batch under way: the next one is given when this one has its answer, and an unclear one is given
//    again. One before the last is a `conflict`.
//  * Errors of writing: `fenced`: somebody else owns the part: drop it, do not try again. `conflict`: what is stored is
//    not what the batch was computed from (another id of the same name, a decided prefix, a batch left out): read
//    again. Any other error: not stored, try again.
//  * Nothing here blocks. `then` is called exactly once, on the executor the adapter was built with, never inside the
//    call. Batches of one part are applied in the order given.
//  * The text of events, snapshots and infos is sealed under keys of the call's own (ports/call_keys.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "call/call.h"
#include "call/events.h"
#include "call/ledger.h"
#include "call/redaction.h"

namespace sotto {

template <typename T>
using Then = std::function<void(Result<T>)>;

enum class Part : std::uint8_t { speech = 0, guidance = 1 };

struct Lease {
  std::string call;
  Part part = Part::speech;
  std::int64_t fence = 0;  // 1 of the first owner
};

// An event on its way to its number.
struct NewEvent {
  Time time;
  EventBody body;
};

// The first batch of a call, by its speech part: it makes the call and gives its writer the lease with fence 1.
struct Opening {
  CallInfo info;
  std::string resume_digest;  // of the token with which its source comes back
  std::string worker;         // who owns its speech
};

struct Append {
  Lease lease;
  std::int64_t batch = 1;  // 1, 2, 3 ... of this part, over all its owners
  std::optional<Opening> opening = std::nullopt;
  std::vector<NewEvent> events = {};
  std::vector<TrackUpdate> tracks = {};                 // speech: compare-and-set on the decided prefix
  std::optional<std::int64_t> consumed = std::nullopt;  // guidance: every event up to here has had its effect
  std::optional<std::string> snapshot = std::nullopt;   // guidance: of the part's state at `consumed`
  bool done = false;                                    // the part's last batch: it is never claimed again
};

// A part that has a new owner, and what it goes on from.
struct Claimed {
  Lease lease;
  CallInfo info;
  std::string resume_digest;
  std::int64_t batch = 0;                          // the last one applied
  std::int64_t last_number = 0;                    // of the call's events
  std::map<Track, std::vector<LedgerRow>> ledger;  // speech only
  std::int64_t consumed = 0;                       // guidance only
  std::string snapshot;                            // guidance only; empty: none yet
};

// An event with its place in the order of all calls: numbers grow, some may be left out.
struct Sequenced {
  std::int64_t sequence = 0;
  Event event;
};

// What a consumer asks for.
struct Unsettled {
  std::string consumer;
  std::int64_t after = 0;                    // places up to here are left out too: it was given them before
  std::vector<std::string_view> types = {};  // of events, such as Fields<Cue>::type; empty: every one
  std::size_t most = 1000;
};

class CallLog {
 public:
  virtual ~CallLog() = default;

  // The number of the first event; of the next one where there are none.
  virtual void append(Append batch, Then<std::int64_t> then) = 0;
  // Events of a call, each number above `after`, at most `most` of them. Errors: no_such_call, erased,
  // damaged.
  virtual void read(std::string call, std::int64_t after, std::size_t most, Then<std::vector<Event>> then) = 0;

  // Parts without an owner, or whose owner let its lease run out, at most `most`, the oldest calls first. A call that
  // is damaged is set aside, the others go on.
  virtual void claim(Part part, std::string worker, std::size_t most, Then<std::vector<Claimed>> then) = 0;
  // The part of this call, if it has no owner; nullopt: it has, or is done, or there is no such call.
  virtual void claim_call(Part part, std::string worker, std::string call, Then<std::optional<Claimed>> then) = 0;
  // Those that are still held; a lease runs limits::kLease from now on.
  virtual void renew(std::vector<Lease> leases, Then<std::vector<Lease>> then) = 0;
  // Others may claim it at once.
  virtual void release(Lease lease) = 0;

  // Events of all calls that have had no effect on the consumer yet, in one order; to a new consumer all are new. Never
  // passes an event whose transaction may still commit: one that is stored may be told a little later. Events that are
  // damaged or erased are left out.
  virtual void follow(Unsettled what, Then<std::vector<Sequenced>> then) = 0;
  // The places `first` to `last` have had their effect on the consumer, whatever stands there, also after a restart: it
  // may come out of turn, and what was settled stays so. A crash may forget it, never settle what was not said to be.
  // settle(consumer, 0, 0) makes a consumer known.
  virtual void settle(std::string consumer, std::int64_t first, std::int64_t last) = 0;
  // The names of all that were ever settled for.
  virtual void consumers(Then<std::vector<std::string>> then) = 0;

  // Takes text back: each event becomes its new body, all of them or none, and the words before are unreadable wherever
  // a copy of the file lies: all of the call is sealed anew under its next key, and the key before is destroyed.
  // Followers are told by an EventRedacted each, of the same transaction and in the order given; where an earlier one
  // told of an event, it tells the new body too. Snapshots are dropped. The number of the first EventRedacted; of the
  // next event where nothing is redacted. Errors: no_such_call, no_such_event, bad_event, erased, damaged,
  // store_failed, keys_failed (perhaps the words before are still readable: try again).
  virtual void redact(std::string call, std::vector<Redaction> events, Then<std::int64_t> then) = 0;
  // Destroys all keys of a call and what stands in the clear; what remains is that there was a call. Its parts have no
  // owner any more. Errors: no_such_call, store_failed, keys_failed.
  virtual void erase(std::string call, Then<void> then) = 0;
};

}  // namespace sotto
