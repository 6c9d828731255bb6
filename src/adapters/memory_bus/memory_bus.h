// EventBus in process: a list of followers per call. Confined to the loop that owns the calls. An event published while
// another is being delivered waits its turn, so every follower sees one order.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ports/event_bus.h"

namespace sotto {

class MemoryBus final : public EventBus {
 public:
  MemoryBus();
  ~MemoryBus() override;
  void publish(Event const& event) override;
  std::unique_ptr<Subscription> subscribe(std::string const& call, std::function<void(Event const&)> deliver) override;

 private:
  struct Followers;
  class Ticket;
  void deliver(Event const& event);

  std::shared_ptr<Followers> followers_;
  std::deque<Event> waiting_;
  bool delivering_ = false;
};

}  // namespace sotto
