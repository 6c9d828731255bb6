#include "live/transcript/outbox.h"

#include <algorithm>

#include <boost/json/serialize.hpp>

#include "base/check.h"
#include "base/limits.h"

namespace sotto::transcript {

Outbox::Outbox(CallStore& store, Clock const& clock, UnpersistedMemory& memory, Listener& listener, std::string call,
               std::string tenant, std::int64_t last_number)
    : store_(store),
      clock_(clock),
      memory_(memory),
      listener_(listener),
      call_(std::move(call)),
      tenant_(std::move(tenant)),
      last_number_(last_number),
      back_off_(limits::store_retry_min) {}

Outbox::~Outbox() {
  *alive_ = false;
  for (auto const& entry : pending_) memory_.bytes -= entry.bytes;
  if (in_flight_) {
    for (auto const& entry : in_flight_->events) memory_.bytes -= entry.bytes;
  }
}

bool Outbox::full() const { return memory_.bytes >= limits::unpersisted_bytes_max; }

bool Outbox::pending_empty() const { return pending_.empty() && pending_tracks_.empty() && !opened_ && !pending_end_; }

void Outbox::open(CallInfo const& info, std::string resume_digest) {
  opened_ = info;
  resume_digest_ = std::move(resume_digest);
}

std::int64_t Outbox::append(std::string type, boost::json::object data, Time now) {
  Pending entry{.event = {.call = call_,
                          .tenant = tenant_,
                          .number = ++last_number_,
                          .type = std::move(type),
                          .time = now,
                          .data = std::move(data)}};
  entry.bytes = 128 + boost::json::serialize(entry.event.data).size();
  memory_.bytes += entry.bytes;
  pending_.push_back(std::move(entry));
  return last_number_;
}

void Outbox::append(std::vector<TrackUpdate> tracks) {
  for (auto& update : tracks) {
    auto const earlier = std::ranges::find(pending_tracks_, update.track, &TrackUpdate::track);
    if (earlier == pending_tracks_.end()) {
      pending_tracks_.push_back(std::move(update));
    } else {
      earlier->decided_after = update.decided_after;
      std::ranges::move(update.rows, std::back_inserter(earlier->rows));
    }
  }
}

std::size_t Outbox::waiting() const {
  auto const rows = [](std::vector<TrackUpdate> const& tracks) {
    std::size_t sum = 0;
    for (auto const& track : tracks) sum += track.rows.size();
    return sum;
  };
  auto const waiting = pending_.size() + rows(pending_tracks_);
  return in_flight_ ? waiting + in_flight_->events.size() + rows(in_flight_->batch.tracks) : waiting;
}

void Outbox::end() { pending_end_ = true; }

StoreBatch Outbox::make_batch() {
  StoreBatch batch{.call = call_,
                   .opened = std::exchange(opened_, std::nullopt),
                   .resume_digest = std::exchange(resume_digest_, ""),
                   .events = {},
                   .tracks = std::exchange(pending_tracks_, {}),
                   .ended = std::exchange(pending_end_, false)};
  for (auto const& entry : pending_) batch.events.push_back(entry.event);
  return batch;
}

void Outbox::flush(Time now) {
  if (in_flight_) {
    if (down_since_) publish_from_memory(now);
    return;
  }
  if (pending_empty()) return;
  auto batch = make_batch();
  in_flight_.emplace(InFlight{.batch = batch, .events = std::exchange(pending_, {}), .started = now});
  store_.commit(std::move(batch), [this, alive = alive_, now](Result<void> result) {
    if (*alive) on_done(std::move(result), now);
  });
}

void Outbox::on_done(Result<void> result, Time started) {
  CHECK(in_flight_);
  auto const now = clock_.now();
  if (!result) {
    ++failures_;
    if (!down_since_) down_since_ = started;
    trouble_ = result.error().message;
    in_flight_->waiting = true;
    retry_at_ = now + back_off_;
    back_off_ = std::min<Duration>(back_off_ * 2, limits::store_retry_max);
    publish_from_memory(now);
    return;
  }
  back_off_ = limits::store_retry_min;
  auto done = std::move(*in_flight_);
  in_flight_.reset();
  for (auto& entry : done.events) {
    memory_.bytes -= entry.bytes;
    if (!entry.published) listener_.on_outbox_publish(entry.event, now);
  }
  if (pending_empty()) {
    down_since_.reset();
    trouble_.clear();
  }
  listener_.on_outbox_committed(done.batch.tracks);
  flush(now);
}

// In order of numbers: first what is in flight, then what came after. The listener may append while it is told; what it
// appends is told by the outermost call.
void Outbox::publish_from_memory(Time now) {
  if (std::exchange(publishing_, true)) return;
  auto const publish = [&](std::deque<Pending>& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (std::exchange(events[i].published, true)) continue;
      auto event = events[i].event;
      event.unpersisted = true;
      listener_.on_outbox_publish(event, now);
    }
  };
  if (in_flight_) publish(in_flight_->events);
  publish(pending_);
  publishing_ = false;
}

void Outbox::tick(Time now) {
  if (in_flight_ && in_flight_->waiting && now >= retry_at_) {
    in_flight_->waiting = false;
    in_flight_->started = now;
    store_.commit(in_flight_->batch, [this, alive = alive_, now](Result<void> result) {
      if (*alive) on_done(std::move(result), now);
    });
  }
  if (in_flight_ && !in_flight_->waiting && now - in_flight_->started >= limits::not_saved_after) {
    if (!down_since_) down_since_ = in_flight_->started;
    if (trouble_.empty()) trouble_ = "the store does not answer";
    publish_from_memory(now);
  }
  flush(now);
}

}  // namespace sotto::transcript
