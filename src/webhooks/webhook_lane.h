// What waits for one receiver: what of it is sent now, and when the rest is tried again. Pure: `now` comes in. Bound:
// limits::kWebhookWaitingMax requests; what is beyond it stays in the log.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace sotto::app {

// An event sotto.webhook.requested, without what it says: that is read when it is sent, as it is by then.
struct WebhookRequest {
  std::int64_t sequence = 0;  // its place in the log
  std::int64_t first = 0;     // with it, the places from here on are settled
  std::string call;
  std::int64_t number = 0;  // of the event in its call
  Time time{};              // when it was requested
  std::string id, policy;   // for the dead letter
};

struct WebhookAnswer {
  int status = 0;                       // of HTTP; 0: there was no answer
  std::optional<Duration> retry_after;  // the receiver asks for so much rest
};

enum class WebhookVerdict { delivered, again, given_up };

// 2xx: delivered. 4xx says that the request is wrong: given up, but for those that a mistake in between may cause (401,
// 403, 404) and those that ask for patience (408, 425, 429).
WebhookVerdict judge(int status, int tries);

// Seconds or a date (RFC 9110, section 10.2.3); nullopt: neither. Never negative, at most limits::kWebhookRetryMax.
std::optional<Duration> read_retry_after(std::string_view header, Time now);

class WebhookLane {
 public:
  explicit WebhookLane(std::uint64_t seed) : random_(seed | 1) {}

  std::size_t size() const { return waiting_.size(); }
  std::size_t room() const;
  // Of those that wait, how many were requested before `then`.
  std::size_t requested_before(Time then) const;
  void add(WebhookRequest request, Time now);
  // To be sent now, the oldest first; each is answered() in the end. At most limits::kWebhookPostsMax are out at once.
  std::vector<WebhookRequest> take(Time now);

  struct Ruling {
    WebhookVerdict verdict = WebhookVerdict::given_up;
    int tries = 0;
  };
  Ruling answered(std::int64_t sequence, WebhookAnswer const& answer, Time now);
  // It could not be sent, and that was not the receiver's doing.
  void postponed(std::int64_t sequence, Time now);
  // It is not to be sent any more.
  void drop(std::int64_t sequence);

 private:
  struct Waiting {
    WebhookRequest request;
    Time due{};
    int tries = 0;
    bool out = false;
  };

  using Place = std::map<std::int64_t, Waiting>::iterator;

  Place come_back(std::int64_t sequence);
  Duration back_off(int tries);

  std::map<std::int64_t, Waiting> waiting_;  // by sequence
  std::size_t out_ = 0;
  Time rests_until_{};  // the receiver asked for it
  std::uint64_t random_;
};

}  // namespace sotto::app
