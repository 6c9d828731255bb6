// Port EventBus: wake-ups from the call path to whoever follows a call. The store is the truth; the bus only carries
// what was committed (or, while the store is down, what is marked unpersisted) to the live followers of a call.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "call/event.h"

namespace sotto {

class EventBus {
 public:
  // Destroying it ends the subscription; no delivery afterwards.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };

  virtual ~EventBus() = default;
  // Delivers to every subscription of event.call, in order of publication, on the loop that owns the call. Never
  // blocks.
  virtual void publish(Event const& event) = 0;
  [[nodiscard]] virtual std::unique_ptr<Subscription> subscribe(std::string const& call,
                                                                std::function<void(Event const&)> deliver) = 0;
};

}  // namespace sotto
