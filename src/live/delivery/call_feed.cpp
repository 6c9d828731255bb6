#include "live/delivery/call_feed.h"

#include <algorithm>
#include <iterator>
#include <map>

#include <boost/json/serialize.hpp>

#include "base/limits.h"
#include "call/event_codec.h"

namespace sotto::delivery {

std::shared_ptr<std::string const> Subscriber::next() {
  if (queue_.empty()) return nullptr;
  auto message = std::move(queue_.front());
  queue_.pop_front();
  return message;
}

void Subscriber::push(std::shared_ptr<std::string const> message) {
  if (overflowed_) return;
  if (queue_.size() >= limits::kSubscriberQueueMax) {
    queue_.clear();
    overflowed_ = true;
    return;
  }
  queue_.push_back(std::move(message));
  wake_();
}

void CallFeed::restore(std::vector<Event> const& events) {
  for (auto const& event : events) {
    apply(event);
    keep(event);
  }
}

void CallFeed::keep(Event const& event) {
  recent_.push_back({event.number, boost::json::serialize(to_cloud_event(event))});
  if (recent_.size() > limits::kResumeEventsMax) recent_.pop_front();
}

void CallFeed::on(Event const& event, Time now) {
  if (auto const* partial = event.as<Partial>()) {
    partials_[index(partial->utterance.track)] = event;
    if (partial->eager) partials_sent_ = now - limits::kPartialInterval;  // as good as a final: it does not wait
    send_partials(now);
    return;
  }
  if (event.is<CueExpected>()) {
    auto const text = boost::json::serialize(to_cloud_event(event));
    return broadcast(encode_delta(view_.last_number(), std::span(&text, 1), now));
  }
  apply(event);
  if (auto const* final = event.as<UtteranceFinal>()) {  // a newer partial of the same utterance would only flicker
    auto& waiting = partials_[index(final->utterance.track)];
    if (waiting && waiting->as<Partial>()->utterance.n <= final->utterance.n) waiting.reset();
  }
  if (event.number == 0) {
    unsaved_.push_back(boost::json::serialize(to_cloud_event(event)));
    if (unsaved_.size() > limits::kResumeEventsMax) unsaved_.pop_front();
    return broadcast(encode_delta(view_.last_number(), std::span(&unsaved_.back(), 1), now));
  }
  if (event.is<EventRedacted>()) recent_.clear();  // the old words stand there: whoever comes back gets a snapshot
  auto const* health = event.as<HealthChanged>();
  if (health && health->health.saved) unsaved_.clear();
  keep(event);
  broadcast(encode_delta(view_.last_number(), std::span(&recent_.back().text, 1), now));
  if (event.is<AgentChanged>()) hand_over();
}

// Whose call it is no more has heard that last.
void CallFeed::hand_over() {
  std::erase_if(subscribers_, [this](auto const& weak) {
    auto const subscriber = weak.lock();
    if (!subscriber) return true;
    if (!view_.info() || subscriber->scope_.covers(scope_of(*view_.info()))) return false;
    subscriber->closed_ = subscriber->handed_over_ = true;
    subscriber->wake_();
    return true;
  });
}

void CallFeed::on(Beat const& beat, Time now) {
  auto coverage = std::exchange(beat_.coverage, std::nullopt);
  beat_ = beat;
  if (!beat_.coverage) beat_.coverage = std::move(coverage);
  beat_at_ = now;
}

void CallFeed::send_partials(Time now) {
  if (std::ranges::none_of(partials_, [](auto const& partial) { return partial.has_value(); })) return;
  if (now - partials_sent_ < limits::kPartialInterval) return;
  partials_sent_ = now;
  std::vector<std::string> newest;
  for (auto& partial : partials_) {
    if (partial) newest.push_back(boost::json::serialize(to_cloud_event(*std::exchange(partial, std::nullopt))));
  }
  broadcast(encode_delta(view_.last_number(), newest, now));
}

void CallFeed::broadcast(std::string message) {
  if (subscribers_.empty()) return;
  auto const shared = std::make_shared<std::string const>(std::move(message));
  std::erase_if(subscribers_, [](auto const& weak) { return weak.expired(); });
  for (auto const& weak : subscribers_) {
    if (auto const subscriber = weak.lock()) subscriber->push(shared);
  }
  ++updates_sent_;
}

void CallFeed::tick(Time now, bool cut_off) {
  send_partials(now);
  if (now - beat_sent_ < limits::kBeat) return;
  beat_sent_ = now;
  for (auto const& weak : subscribers_) {
    auto const subscriber = weak.lock();
    if (subscriber && subscriber->overflowed_) snapshot_to(*subscriber, now);
  }
  bool const silent = now - beat_at_ > limits::kBeat;
  if (subscribers_.empty() || (silent && !cut_off)) return;  // who carries the call is silent: so are we
  // The call's clock runs on unheard.
  auto const since = silent && beat_at_ != Time{} ? now - beat_at_ : Duration{};
  auto const running_ms = beat_.running_ms + std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  broadcast(
      encode_beat(now, running_ms, beat_.lag_ms, beat_.coverage.value_or(std::map<Track, TrackCoverage>()), cut_off));
}

void CallFeed::apply(Event const& event) {
  view_.apply(event);
  snapshot_.clear();
}

// A call of hours takes long to write down: once for all who join or are too slow at the same time.
void CallFeed::snapshot_to(Subscriber& subscriber, Time now) {
  if (snapshot_.empty()) {
    snapshot_ = boost::json::serialize(view_.to_json());
    ++snapshots_built_;
  }
  subscriber.overflowed_ = false;
  subscriber.queue_.clear();
  subscriber.push(std::make_shared<std::string const>(encode_snapshot(view_.last_number(), snapshot_, now)));
}

void CallFeed::subscribe(std::shared_ptr<Subscriber> const& subscriber, std::optional<std::int64_t> from, Time now) {
  subscribers_.push_back(subscriber);
  bool const known = from && *from <= view_.last_number() &&
                     (*from == view_.last_number() || (!recent_.empty() && recent_.front().number <= *from + 1));
  if (!known) return snapshot_to(*subscriber, now);
  std::vector<std::string> missed;
  for (auto const& sent : recent_) {
    if (sent.number > *from) missed.push_back(sent.text);
  }
  std::ranges::copy(unsaved_, std::back_inserter(missed));
  subscriber->push(std::make_shared<std::string const>(encode_delta(view_.last_number(), missed, now)));
}

void CallFeed::close() {
  for (auto const& weak : subscribers_) {
    if (auto const subscriber = weak.lock()) {
      subscriber->closed_ = true;
      subscriber->wake_();
    }
  }
}

}  // namespace sotto::delivery
