#include "live/delivery/call_feed.h"

#include <algorithm>

#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "base/limits.h"

namespace sotto::delivery {

std::shared_ptr<std::string const> Subscriber::next() {
  if (queue_.empty()) return nullptr;
  auto message = std::move(queue_.front());
  queue_.pop_front();
  return message;
}

void Subscriber::push(std::shared_ptr<std::string const> message) {
  if (overflowed_) return;
  if (queue_.size() >= limits::subscriber_queue_max) {
    queue_.clear();
    overflowed_ = true;
    return;
  }
  queue_.push_back(std::move(message));
  wake_();
}

void CallFeed::restore(std::vector<Event> const& events) {
  for (auto const& event : events) {
    view_.apply(event);
    keep(event);
  }
}

void CallFeed::keep(Event const& event) {
  recent_.push_back({event.number, boost::json::serialize(to_cloud_event(event))});
  if (recent_.size() > limits::resume_events_max) recent_.pop_front();
}

void CallFeed::on_event(Event const& event, Time now) {
  if (event.is_partial()) {
    auto const track = parse_track(get_string(event.data, "track")).value_or(Track::customer);
    partials_[index(track)] = event;
    send_partials(now);
    return;
  }
  view_.apply(event);
  keep(event);
  if (event.type == event_type::utterance_final) {  // a newer partial of the same utterance would only flicker
    auto const track = parse_track(get_string(event.data, "track")).value_or(Track::customer);
    auto& waiting = partials_[index(track)];
    if (waiting && get_int(waiting->data, "utterance") <= get_int(event.data, "utterance")) waiting.reset();
  }
  broadcast(encode_delta(cursor(), std::span(&recent_.back().text, 1), now));
}

void CallFeed::send_partials(Time now) {
  if (!partials_[0] && !partials_[1]) return;
  if (now - partials_sent_ < limits::partial_interval) return;
  partials_sent_ = now;
  std::vector<std::string> both;
  for (auto& partial : partials_) {
    if (partial) both.push_back(boost::json::serialize(to_cloud_event(*std::exchange(partial, std::nullopt))));
  }
  broadcast(encode_delta(cursor(), both, now));
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

void CallFeed::tick(Time now, std::int64_t media_ms, std::int64_t lag_ms,
                    std::function<boost::json::object()> const& coverage) {
  send_partials(now);
  if (now - beat_sent_ < limits::beat) return;
  beat_sent_ = now;
  for (auto const& weak : subscribers_) {
    auto const subscriber = weak.lock();
    if (subscriber && subscriber->overflowed_) snapshot_to(*subscriber, now);
  }
  if (!subscribers_.empty()) broadcast(encode_beat(now, media_ms, lag_ms, coverage()));
}

void CallFeed::snapshot_to(Subscriber& subscriber, Time now) {
  subscriber.overflowed_ = false;
  subscriber.queue_.clear();
  subscriber.push(std::make_shared<std::string const>(encode_snapshot(cursor(), view_.to_json(), now)));
}

void CallFeed::subscribe(std::shared_ptr<Subscriber> const& subscriber, std::optional<Cursor> from, Time now) {
  subscribers_.push_back(subscriber);
  bool const known =
      from && from->epoch == epoch_ && from->number <= view_.last_number() &&
      (from->number == view_.last_number() || (!recent_.empty() && recent_.front().number <= from->number + 1));
  if (!known) return snapshot_to(*subscriber, now);
  std::vector<std::string> missed;
  for (auto const& sent : recent_) {
    if (sent.number > from->number) missed.push_back(sent.text);
  }
  subscriber->push(std::make_shared<std::string const>(encode_delta(cursor(), missed, now)));
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
