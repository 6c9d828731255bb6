// What one part of a call has for the log: batches, one at a time, each kept until the log has it. While the log is
// down, what waits is told at once, without a number and marked `unpersisted`, and told again with its number when it
// is stored (the brief's scenario 3). Bound: limits::kUnpersistedBytesMax over all calls and waiting_of_call_max of
// this one; when it is full, full() is true and finals become gaps (`unsaved`). Sans-I/O: take_batch() gives what is to
// be appended, on_appended() and on_failed() bring the log's answer, take_told() gives what is to be published.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_budget.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "call/events.h"
#include "ports/call_log.h"

namespace sotto {

class LogWriter {
 public:
  // `batch`: the last one the log has of this part. `lease`: with fence 0 nothing is appended before use().
  LogWriter(ByteBudget& budget, std::string tenant, Lease lease, std::int64_t batch = 0);

  void open(Opening opening) { pending_.opening = std::move(opening); }
  // The part is ours from here on.
  void use(Lease lease, std::int64_t batch);
  Lease const& lease() const { return lease_; }

  void append(EventBody body, Time now, PathStamps const& stamps = {});
  void append(std::vector<TrackUpdate> tracks);
  // With the next batch: everything up to `number` has had its effect; and what the part knows, where that is given.
  void consumed(std::int64_t number, std::optional<std::string> snapshot = std::nullopt);
  // The next batch is the part's last.
  void finish() { pending_.done = true; }

  // The next batch, unless one is on its way or backing off, or there is nothing. Handing it over is when its words
  // were built (PathStamps).
  std::optional<Append> take_batch(Time now);
  // `first`: the number of the batch's first event.
  void on_appended(std::int64_t first, Time now);
  // Not `fenced` or `conflict`: those end the part. It is tried again after a back-off.
  void on_failed(Error const& error, Time now);
  void tick(Time now);
  // Others of the call found the log down, or up again: what waits is told at once, or tried again at once.
  void heard_down(Time now);
  void heard_up(Time now);

  // What is to be told, in order.
  std::vector<Event> take_told() { return std::exchange(told_, {}); }
  // What the log has now of the tracks, for acknowledgements.
  std::vector<TrackUpdate> take_stored() { return std::exchange(stored_, {}); }

  bool drained() const { return !in_flight_ && nothing_pending(); }
  // False from the moment the log refused or has hung for limits::kNotSavedAfter until everything is stored again.
  bool saved() const { return !down_since_.has_value(); }
  // The last event found no room. Whoever asks for more events then gets no words for them.
  bool full() const { return full_; }
  // Events and ledger rows that are not stored yet.
  std::size_t waiting() const;
  int failures() const { return failures_; }
  // Why the log refused, of the present episode.
  std::string const& trouble() const { return trouble_; }

 private:
  // Of an event of the pending or the travelling batch, in its order.
  struct Entry {
    PathStamps stamps;
    std::size_t bytes = 0;  // taken from the budget
    bool told = false;      // without a number
  };
  struct InFlight {
    Append batch;
    std::deque<Entry> entries;
    Time started;
    bool backing_off = false;  // refused, to be tried again at retry_at_
  };

  bool nothing_pending() const;
  Event told_event(NewEvent const& event, PathStamps const& stamps) const;
  void tell_unsaved(Time now);
  void down(std::string trouble, Time since, Time now);

  // Given.
  ByteBudget budget_;  // of this call, under all calls'
  std::string const tenant_;
  // State.
  Lease lease_;
  std::int64_t batch_;  // the last one taken
  Append pending_;
  std::deque<Entry> entries_;  // of pending_.events
  std::optional<InFlight> in_flight_;
  Time retry_at_{};
  Duration back_off_ = limits::kStoreRetryMin;
  std::optional<Time> down_since_;
  std::string trouble_;
  bool full_ = false;
  int failures_ = 0;
  std::vector<Event> told_;
  std::vector<TrackUpdate> stored_;
};

}  // namespace sotto
