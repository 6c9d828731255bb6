#include "delivery/followed_calls.h"

#include <algorithm>

#include "base/limits.h"

namespace sotto::delivery {

FollowedCalls::FollowedCalls(CallLog& log, EventBus& bus, Clock const& clock, Metrics& metrics)
    : log_(log), bus_(bus), clock_(clock), metrics_(metrics) {
  news_ = bus_.follow({}, [this](Notice const& notice) { on(notice); });
}

FollowedCalls::~FollowedCalls() = default;

CallFeed const* FollowedCalls::find(std::string const& call) const {
  auto const found = calls_.find(call);
  return found == calls_.end() ? nullptr : &found->second->feed;
}

bool FollowedCalls::whole() const {
  return std::ranges::none_of(calls_, [](auto const& call) { return call.second->tail.behind(); });
}

// A call that is heard of for the first time: it begins now, or what was before is read.
FollowedCalls::Followed* FollowedCalls::find_or_begin(Notice const& notice) {
  auto const& call = std::visit([](auto const& one) -> std::string const& { return one.call; }, notice);
  if (auto const found = calls_.find(call); found != calls_.end()) return found->second.get();
  auto const* event = std::get_if<Event>(&notice);
  auto const* beat = std::get_if<Beat>(&notice);
  if (beat && beat->ending) return nullptr;  // over, and let go of
  if (event && event->number == 0 && !event->is<CallStarted>()) return nullptr;
  if (event && (event->is<GuidanceDone>() || event->is<CallEnded>() || event->is<EventRedacted>())) return nullptr;
  auto followed = std::make_shared<Followed>();
  if (beat) followed->tail.expect(1);
  return calls_.emplace(call, std::move(followed)).first->second.get();
}

void FollowedCalls::on(Notice const& notice) {
  if (auto const* erased = std::get_if<Erased>(&notice)) return forget(erased->call);
  auto* const followed = find_or_begin(notice);
  if (!followed) return;
  auto const now = clock_.now();
  if (auto const* beat = std::get_if<Beat>(&notice)) {
    followed->feed.on(*beat, now);
    read_on(beat->call, *followed);
    return;
  }
  auto const& event = std::get<Event>(notice);
  if (event.number == 0) return followed->feed.on(event, now);
  for (auto const& due : followed->tail.on(event)) followed->feed.on(due, now);
  read_on(event.call, *followed);
}

void FollowedCalls::forget(std::string const& call) {
  auto const found = calls_.find(call);
  if (found == calls_.end()) return;
  found->second->feed.close();
  calls_.erase(found);
}

void FollowedCalls::read_on(std::string const& call, Followed& followed) {
  auto const after = followed.tail.wants_read();
  if (!after) return;
  std::weak_ptr<Followed> const weak = calls_.at(call);
  log_.read(call, *after, LogTail::kPage, [this, call, weak](Result<std::vector<Event>> events) {
    auto const still = weak.lock();
    if (!still) return;
    if (!events) return still->tail.on_read_failed();
    for (auto const& due : still->tail.on_read(std::move(*events))) still->feed.on(due, clock_.now());
    read_on(call, *still);
    let_join(*still);
  });
}

Result<void> FollowedCalls::subscribe(std::string const& call, std::shared_ptr<Subscriber> const& subscriber,
                                      std::optional<std::int64_t> cursor) {
  auto found = calls_.find(call);
  if (found == calls_.end()) {
    if (!look_every(bus_)) return fail("not_live", "call " + call + " has ended");
    found = calls_.emplace(call, std::make_shared<Followed>()).first;
    found->second->tail.expect(1);
    read_on(call, *found->second);
  }
  auto& followed = *found->second;
  if (followed.feed.subscribers() + followed.joining.size() >= limits::kSubscribersMax)
    return fail("too_many_subscribers", "the call has too many followers");
  followed.joining.push_back({subscriber, cursor});
  let_join(followed);
  return {};
}

void FollowedCalls::let_join(Followed& followed) {
  if (followed.tail.behind()) return;
  for (auto const& [waiting, cursor] : std::exchange(followed.joining, {})) {
    if (auto const subscriber = waiting.lock()) followed.feed.subscribe(subscriber, cursor, clock_.now());
  }
}

// What the bus did not tell of, of calls that somebody looks at.
void FollowedCalls::look(Time now) {
  auto const every = look_every(bus_);
  if (!every || now - looked_at_ < *every) return;
  looked_at_ = now;
  for (auto const& [id, followed] : calls_) {
    if (followed->feed.subscribers() == 0) continue;
    followed->tail.look();
    read_on(id, *followed);
  }
}

// A call is let go of when its guidance is done, or when nobody guides or carries it.
void FollowedCalls::tick() {
  auto const now = clock_.now();
  look(now);
  bool const cut_off = !bus_.trouble().empty();
  if (cut_off) cut_off_at_ = now;
  for (auto at = calls_.begin(); at != calls_.end();) {
    auto& followed = *at->second;
    let_join(followed);
    auto& feed = followed.feed;
    feed.tick(now, cut_off);
    metrics_.count(Counter::updates_sent, static_cast<double>(feed.updates_sent() - followed.counted_updates));
    followed.counted_updates = feed.updates_sent();
    if (feed.view().ended() && !followed.ended) followed.ended = now;
    bool const given_up = followed.ended && now - *followed.ended >= 2 * limits::kFinishTimeout;
    auto const heard_at = std::max(feed.beat_at(), cut_off_at_);
    bool const silent = feed.beat_at() != Time{} && now - heard_at >= 2 * limits::kLostAfter;
    if (!feed.view().complete() && !given_up && !silent) {
      ++at;
      continue;
    }
    feed.close();
    at = calls_.erase(at);
  }
}

}  // namespace sotto::delivery
