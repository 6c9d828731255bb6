// Stage 4, transcript: the outbox of one call. Events are numbered here, handed to the store together with the ledger
// rows of the same moment, and published after the commit. While the store is down they are published from memory,
// marked `unpersisted`, and drain in order when it returns (the brief's scenario 3). Bound:
// limits::unpersisted_bytes_max over all calls; when it is full, full() is true and finals become gaps (`unsaved`).
// Confined to the call's loop.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "call/event.h"
#include "ports/call_store.h"

namespace sotto::transcript {

// Bytes that wait for the store, over all calls of the loop.
struct UnpersistedMemory {
  std::size_t bytes = 0;
};

class Outbox {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // In order of numbers, each once. `event.unpersisted`: it is not on disk yet.
    virtual void on_outbox_publish(Event const& event, Time stored) = 0;
    // The store's decided prefix moved (acknowledgements).
    virtual void on_outbox_committed(std::vector<TrackUpdate> const& tracks) = 0;
  };

  // `last_number`: of the last stored event; 0 for a new call.
  Outbox(CallStore& store, Clock const& clock, UnpersistedMemory& memory, Listener& listener, std::string call,
         std::string tenant, std::int64_t last_number = 0);
  ~Outbox();
  Outbox(Outbox const&) = delete;
  Outbox& operator=(Outbox const&) = delete;

  void open(CallInfo const& info, std::string resume_digest);
  std::int64_t append(std::string type, boost::json::object data, Time now);
  void append(std::vector<TrackUpdate> tracks);
  void end();  // the last batch will close the call
  // Hands everything appended to the store unless a commit is in flight or backing off.
  void flush(Time now);
  void tick(Time now);

  std::int64_t last_number() const { return last_number_; }
  bool drained() const { return !in_flight_ && pending_empty(); }
  // False from the moment a commit failed or has hung for limits::not_saved_after until everything is stored again.
  bool saved() const { return !down_since_.has_value(); }
  bool full() const;
  // Events and ledger rows that are not stored yet.
  std::size_t waiting() const;
  int failures() const { return failures_; }
  // Why the store refused, of the present episode.
  std::string const& trouble() const { return trouble_; }

 private:
  struct Pending {
    Event event;
    bool published = false;
    std::size_t bytes = 0;
  };

  bool pending_empty() const;
  StoreBatch make_batch();
  void on_done(Result<void> result, Time started);
  void publish_from_memory(Time now);

  // Given.
  CallStore& store_;
  Clock const& clock_;
  UnpersistedMemory& memory_;
  Listener& listener_;
  std::string const call_, tenant_;
  // State.
  std::int64_t last_number_;
  std::optional<CallInfo> opened_;
  std::string resume_digest_;
  std::deque<Pending> pending_;
  std::vector<TrackUpdate> pending_tracks_;
  bool pending_end_ = false;
  struct InFlight {
    StoreBatch batch;  // kept to be tried again
    std::deque<Pending> events;
    Time started;
    bool waiting = false;  // failed, to be tried again at retry_at_
  };
  std::optional<InFlight> in_flight_;
  Time retry_at_{};
  Duration back_off_;
  std::optional<Time> down_since_;
  std::string trouble_;
  int failures_ = 0;
  bool publishing_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::transcript
