// Port WebhookQueue: what rules asked to be told to other systems (events sotto.webhook.requested) and is not told yet.
// A request is there from the transaction on that stores its event.
//
// Contract (tests/contract/webhook_queue_test.cpp):
//  * What is settled is not pending again; settling it once more changes nothing.
//  * A crash may forget that something was settled, never that it was requested: at least once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "call/events.h"

namespace sotto {

struct WebhookRequest {
  std::int64_t sequence = 0;  // grows with every request
  Event event;
};

enum class WebhookOutcome { delivered = 1, given_up = 2 };

class WebhookQueue {
 public:
  virtual ~WebhookQueue() = default;
  // Requests to `name` that are not settled, those behind `after` in their sequence. May block for a disk read; any
  // thread.
  virtual Result<std::vector<WebhookRequest>> pending(std::string const& name, std::int64_t after, int limit) = 0;
  // How many are pending, by name. As above.
  virtual Result<std::map<std::string, std::int64_t>> pending_counts() = 0;
  // Never blocks; any thread. Durable with the next transaction that succeeds.
  virtual void settle(std::int64_t sequence, WebhookOutcome outcome) = 0;
};

}  // namespace sotto
