#include "live/log_writer.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "call/event_codec.h"

namespace sotto {

LogWriter::LogWriter(ByteBudget& budget, std::string tenant, Lease lease, std::int64_t batch)
    : budget_(limits::kWaitingOfCallMax, &budget),
      tenant_(std::move(tenant)),
      lease_(std::move(lease)),
      batch_(batch) {}

void LogWriter::use(Lease lease, std::int64_t batch) {
  lease_ = std::move(lease);
  batch_ = batch;
}

bool LogWriter::nothing_pending() const {
  return !pending_.opening && pending_.events.empty() && pending_.tracks.empty() && !pending_.consumed &&
         !pending_.done;
}

void LogWriter::append(EventBody body, Time now, PathStamps const& stamps) {
  auto const bytes = 128 + encoded_size(body);
  // What does not fit is kept all the same: events are small, and full() stops what would follow them.
  full_ = !budget_.take(bytes);
  entries_.push_back({.stamps = stamps, .bytes = full_ ? 0 : bytes});
  pending_.events.push_back({now, std::move(body)});
  if (down_since_) tell_unsaved(now);
}

void LogWriter::append(std::vector<TrackUpdate> tracks) {
  for (auto& update : tracks) {
    auto const earlier = std::ranges::find(pending_.tracks, update.track, &TrackUpdate::track);
    if (earlier == pending_.tracks.end()) {
      pending_.tracks.push_back(std::move(update));
    } else {
      earlier->decided_after = update.decided_after;
      std::ranges::move(update.rows, std::back_inserter(earlier->rows));
    }
  }
}

void LogWriter::consumed(std::int64_t number, std::optional<std::string> snapshot) {
  pending_.consumed = number;
  if (snapshot) pending_.snapshot = std::move(snapshot);
}

std::size_t LogWriter::waiting() const {
  auto const rows = [](std::vector<TrackUpdate> const& tracks) {
    std::size_t sum = 0;
    for (auto const& track : tracks) sum += track.rows.size();
    return sum;
  };
  auto const waiting = pending_.events.size() + rows(pending_.tracks);
  return in_flight_ ? waiting + in_flight_->batch.events.size() + rows(in_flight_->batch.tracks) : waiting;
}

std::optional<Append> LogWriter::take_batch(Time now) {
  if (in_flight_ && in_flight_->backing_off && now >= retry_at_) {
    in_flight_->backing_off = false;
    in_flight_->started = now;
    return in_flight_->batch;
  }
  if (in_flight_ || lease_.fence == 0 || nothing_pending()) return std::nullopt;
  auto batch = std::exchange(pending_, {});
  batch.lease = lease_;
  batch.batch = ++batch_;
  for (auto& entry : entries_) {
    if (entry.stamps.recognised != Time{}) entry.stamps.built = now;
  }
  in_flight_.emplace(InFlight{.batch = batch, .entries = std::exchange(entries_, {}), .started = now});
  return batch;
}

Event LogWriter::told_event(NewEvent const& event, PathStamps const& stamps) const {
  return {.call = lease_.call,
          .tenant = tenant_,
          .number = 0,
          .time = event.time,
          .body = event.body,
          .unpersisted = false,
          .stamps = stamps};
}

void LogWriter::on_appended(std::int64_t first, Time now) {
  CHECK(in_flight_);
  back_off_ = limits::kStoreRetryMin;
  auto done = std::move(*in_flight_);
  in_flight_.reset();
  for (std::size_t i = 0; i < done.entries.size(); ++i) {
    budget_.give(done.entries[i].bytes);
    full_ = false;
    auto event = told_event(done.batch.events[i], done.entries[i].stamps);
    event.number = first + static_cast<std::int64_t>(i);
    event.stamps.stored = now;
    told_.push_back(std::move(event));
  }
  std::ranges::move(done.batch.tracks, std::back_inserter(stored_));
  if (!nothing_pending()) return;
  down_since_.reset();
  trouble_.clear();
}

void LogWriter::on_failed(Error const& error, Time now) {
  CHECK(in_flight_);
  ++failures_;
  in_flight_->backing_off = true;
  retry_at_ = now + back_off_;
  back_off_ = std::min<Duration>(back_off_ * 2, limits::kStoreRetryMax);
  trouble_ = error.message;
  down(error.message, in_flight_->started, now);
}

void LogWriter::down(std::string trouble, Time since, Time now) {
  if (!down_since_) down_since_ = since;
  if (trouble_.empty()) trouble_ = std::move(trouble);
  tell_unsaved(now);
}

// What travels first, then what came after it.
void LogWriter::tell_unsaved(Time now) {
  auto const tell = [&](std::vector<NewEvent> const& events, std::deque<Entry>& entries) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (std::exchange(entries[i].told, true)) continue;
      auto event = told_event(events[i], entries[i].stamps);
      event.unpersisted = true;
      if (event.stamps.built == Time{}) event.stamps.built = now;
      event.stamps.stored = now;
      told_.push_back(std::move(event));
    }
  };
  if (in_flight_) tell(in_flight_->batch.events, in_flight_->entries);
  tell(pending_.events, entries_);
}

void LogWriter::heard_down(Time now) { down("the store does not answer", now, now); }

void LogWriter::heard_up(Time now) {
  if (drained()) down_since_.reset();
  retry_at_ = std::min(retry_at_, now);
}

void LogWriter::tick(Time now) {
  if (down_since_) return;
  // Without a lease it waits for one, which the log gives.
  bool const leased = lease_.fence > 0 || pending_.events.empty();
  auto const since = in_flight_ ? in_flight_->started : leased ? now : pending_.events.front().time;
  if (now - since >= limits::kNotSavedAfter) down("the store does not answer", since, now);
}

}  // namespace sotto
