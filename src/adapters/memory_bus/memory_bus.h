// EventBus in process. Confined to the loop that owns the calls. What is published while a notice is being delivered
// waits its turn, so every follower sees one order.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "ports/event_bus.h"

namespace sotto {

class MemoryBus final : public EventBus {
 public:
  MemoryBus();
  ~MemoryBus() override;
  void publish(Notice const& notice) override;
  std::unique_ptr<Subscription> follow(Topic topic, Follow deliver) override;
  std::unique_ptr<Subscription> take_new(Follow deliver) override;
  void send(std::string const& call, CallCommand command, Then<void> then) override;
  std::unique_ptr<Subscription> serve(std::string const& call, Part part, Serve serve) override;

  // Of this process: whether somebody serves a part, or takes new calls; and a new call of another process.
  bool serves(std::string const& call, Part part) const;
  bool taken() const;
  void tell_taker(Notice const& notice);

 private:
  struct Members;
  class Follower;
  class Owner;
  class Taker;
  void deliver(Notice const& notice);

  std::shared_ptr<Members> members_;
  std::deque<Notice> waiting_;
  bool delivering_ = false;
};

}  // namespace sotto
