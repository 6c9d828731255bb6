// Stage 8, delivery: the events of one live call to its subscribers: a snapshot, then deltas with a cursor, a beat
// every 500 ms. Finals, cues and moments go at once; partials: the first at once, then at most one update a second that
// carries both tracks. Bound: limits::subscriber_queue_max messages a subscriber; a slow one gets the latest state by
// snapshot and delays nobody. Pure state confined to the call's loop; net/ drains the queues.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "call/event.h"
#include "call/track.h"
#include "live/delivery/call_view.h"
#include "live/delivery/messages.h"

namespace sotto::delivery {

// The queue of one subscriber. Owned by its connection; the feed holds it weakly.
class Subscriber {
 public:
  // `wake` is called when next() has something new.
  explicit Subscriber(std::function<void()> wake) : wake_(std::move(wake)) {}

  // The next message to write, or null.
  std::shared_ptr<std::string const> next();
  bool closed() const { return closed_; }

 private:
  friend class CallFeed;
  void push(std::shared_ptr<std::string const> message);

  std::function<void()> wake_;
  std::deque<std::shared_ptr<std::string const>> queue_;
  bool overflowed_ = false;  // queue dropped; a snapshot is due
  bool closed_ = false;      // the call is over and everything was queued
};

class CallFeed {
 public:
  CallFeed(std::int64_t epoch) : epoch_(epoch) {}
  // After a restart: the stored events.
  void restore(std::vector<Event> const& events);

  void on_event(Event const& event, Time now);
  // Flushes coalesced partials, sends the beat, snapshots to those that were too slow.
  void tick(Time now, std::int64_t media_ms, std::int64_t lag_ms, std::function<boost::json::object()> const& coverage);

  // Starts with a delta from `cursor` where that is still possible, else with a snapshot.
  void subscribe(std::shared_ptr<Subscriber> const& subscriber, std::optional<Cursor> cursor, Time now);
  // No further events: every subscriber is told to close after what is queued.
  void close();

  CallView const& view() const { return view_; }
  Cursor cursor() const { return {epoch_, view_.last_number()}; }
  std::size_t subscribers() const { return subscribers_.size(); }
  std::int64_t updates_sent() const { return updates_sent_; }

 private:
  void broadcast(std::string message);
  void send_partials(Time now);
  void snapshot_to(Subscriber& subscriber, Time now);

  std::int64_t const epoch_;
  CallView view_;
  // For resuming from a cursor: events as they are sent (as trees of JSON they took four times as much).
  struct Sent {
    std::int64_t number = 0;
    std::string text;
  };
  void keep(Event const& event);
  std::deque<Sent> recent_;
  std::array<std::optional<Event>, 2> partials_;  // newest of each track since the last update
  Time partials_sent_{};
  Time beat_sent_{};
  std::vector<std::weak_ptr<Subscriber>> subscribers_;
  std::int64_t updates_sent_ = 0;
};

}  // namespace sotto::delivery
