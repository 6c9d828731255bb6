// The delivery of this process: a feed for every live call that is told of on the bus, made whole from the log, and the
// subscribers of each. Confined to the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "live/delivery/call_feed.h"
#include "live/log_tail.h"
#include "ports/call_log.h"
#include "ports/event_bus.h"

namespace sotto::delivery {

class FollowedCalls {
 public:
  FollowedCalls(CallLog& log, EventBus& bus, Clock const& clock, Metrics& metrics);
  ~FollowedCalls();
  FollowedCalls(FollowedCalls const&) = delete;
  FollowedCalls& operator=(FollowedCalls const&) = delete;

  // At least every 100 ms.
  void tick();
  // Null: no live call, as far as is known here.
  CallFeed const* find(std::string const& call) const;
  // From `cursor` on where that is still possible, else by a snapshot; as soon as the feed is whole. A call that nobody
  // told of is read from the log where the bus may lose things. Errors: not_live, too_many_subscribers.
  Result<void> subscribe(std::string const& call, std::shared_ptr<Subscriber> const& subscriber,
                         std::optional<std::int64_t> cursor);
  std::size_t size() const { return calls_.size(); }
  // Every feed has all that is known to be in the log.
  bool whole() const;
  template <typename Visit>
  void for_each(Visit visit) const {
    for (auto const& [id, call] : calls_) visit(id, call->feed);
  }

 private:
  struct Joining {
    std::weak_ptr<Subscriber> subscriber;
    std::optional<std::int64_t> cursor;
  };
  struct Followed {
    CallFeed feed;
    LogTail tail;
    std::vector<Joining> joining;  // until the feed is whole
    std::optional<Time> ended;
    std::int64_t counted_updates = 0;
  };

  void on(Notice const& notice);
  Followed* find_or_begin(Notice const& notice);
  void forget(std::string const& call);
  void read_on(std::string const& call, Followed& followed);
  void let_join(Followed& followed);
  void look(Time now);

  CallLog& log_;
  EventBus& bus_;
  Clock const& clock_;
  Metrics& metrics_;
  std::map<std::string, std::shared_ptr<Followed>> calls_;
  std::unique_ptr<EventBus::Subscription> news_;
  Time looked_at_{}, cut_off_at_{};  // the bus was in trouble
};

}  // namespace sotto::delivery
