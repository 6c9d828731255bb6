// Stage 8, delivery: the events of one live call to its subscribers: a snapshot, then deltas with a cursor, a beat
// every 500 ms. Finals, cues and moments go at once; partials: the first at once, then at most one update in 600 ms that
// carries both tracks. Bound: limits::kSubscriberQueueMax messages a subscriber; a slow one gets the latest state by
// snapshot and delays nobody. Pure state confined to the call's loop; net/ drains the queues.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "call/events.h"
#include "call/scope.h"
#include "call/track.h"
#include "live/delivery/call_view.h"
#include "live/delivery/messages.h"
#include "ports/event_bus.h"

namespace sotto::delivery {

// The queue of one subscriber. Owned by its connection; the feed holds it weakly.
class Subscriber {
 public:
  // `wake` is called when next() has something new. `scope`: whose calls it may follow; a call that is handed over to
  // an agent beyond it closes to it.
  explicit Subscriber(std::function<void()> wake, Scope scope = {})
      : wake_(std::move(wake)), scope_(std::move(scope)) {}

  // The next message to write, or null.
  std::shared_ptr<std::string const> next();
  bool closed() const { return closed_; }
  // Closed, because the call is another agent's now.
  bool handed_over() const { return handed_over_; }

 private:
  friend class CallFeed;
  void push(std::shared_ptr<std::string const> message);

  std::function<void()> wake_;
  Scope const scope_;
  std::deque<std::shared_ptr<std::string const>> queue_;
  bool overflowed_ = false;  // queue dropped; a snapshot is due
  bool closed_ = false;      // the call is over, for this one, and everything was queued
  bool handed_over_ = false;
};

class CallFeed {
 public:
  // Before anyone follows: what is in the log.
  void restore(std::vector<Event> const& events);

  // Stored events in order of numbers; partials and what is not stored yet as it comes.
  void on(Event const& event, Time now);
  void on(Beat const& beat, Time now);
  // Flushes coalesced partials, sends the beat while the call beats, snapshots to those that were too slow. `cut_off`:
  // nobody can be heard here, so that the call's silence means nothing; the beat says so.
  void tick(Time now, bool cut_off = false);

  // Starts with a delta from `cursor` where that is still possible, else with a snapshot.
  void subscribe(std::shared_ptr<Subscriber> const& subscriber, std::optional<std::int64_t> cursor, Time now);
  // No further events: every subscriber is told to close after what is queued.
  void close();

  CallView const& view() const { return view_; }
  // When whoever carries the call was heard last; the epoch: never.
  Time beat_at() const { return beat_at_; }
  // The call's clock, as it was told last.
  std::int64_t media_ms() const { return beat_.media_ms; }
  // What was heard so far; nothing before it was told.
  std::optional<std::map<Track, TrackCoverage>> const& coverage() const { return beat_.coverage; }
  std::size_t subscribers() const { return subscribers_.size(); }
  std::int64_t snapshots_built() const { return snapshots_built_; }
  std::int64_t updates_sent() const { return updates_sent_; }

 private:
  void broadcast(std::string message);
  void send_partials(Time now);
  void hand_over();
  void snapshot_to(Subscriber& subscriber, Time now);
  void apply(Event const& event);

  CallView view_;
  // For resuming from a cursor: events as they are sent (as trees of JSON they took four times as much).
  struct Sent {
    std::int64_t number = 0;
    std::string text;
  };
  void keep(Event const& event);
  std::deque<Sent> recent_;
  std::deque<std::string> unsaved_;          // told, not stored yet
  PerTrack<std::optional<Event>> partials_;  // newest of each track since the last update
  std::string snapshot_;                     // of the view; empty: it has changed since
  std::int64_t snapshots_built_ = 0;
  Time partials_sent_{};
  Beat beat_;
  Time beat_at_{}, beat_sent_{};
  std::vector<std::weak_ptr<Subscriber>> subscribers_;
  std::int64_t updates_sent_ = 0;
};

}  // namespace sotto::delivery
