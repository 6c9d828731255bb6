#include "adapters/memory_bus/memory_bus.h"

#include <cstdint>
#include <utility>

namespace sotto {

struct MemoryBus::Followers {
  std::map<std::string, std::map<std::uint64_t, std::function<void(Event const&)>>> by_call;
  std::uint64_t next = 1;
};

class MemoryBus::Ticket final : public EventBus::Subscription {
 public:
  Ticket(std::weak_ptr<Followers> followers, std::string call, std::uint64_t id)
      : followers_(std::move(followers)), call_(std::move(call)), id_(id) {}
  ~Ticket() override {
    auto const followers = followers_.lock();
    if (!followers) return;
    auto const call = followers->by_call.find(call_);
    if (call == followers->by_call.end()) return;
    call->second.erase(id_);
    if (call->second.empty()) followers->by_call.erase(call);
  }

 private:
  std::weak_ptr<Followers> followers_;
  std::string const call_;
  std::uint64_t const id_;
};

MemoryBus::MemoryBus() : followers_(std::make_shared<Followers>()) {}
MemoryBus::~MemoryBus() = default;

void MemoryBus::publish(Event const& event) {
  if (delivering_) {
    waiting_.push_back(event);
    return;
  }
  delivering_ = true;
  deliver(event);
  while (!waiting_.empty()) {
    auto const next = std::move(waiting_.front());
    waiting_.pop_front();
    deliver(next);
  }
  delivering_ = false;
}

void MemoryBus::deliver(Event const& event) {
  auto const call = followers_->by_call.find(event.call);
  if (call == followers_->by_call.end()) return;
  std::vector<std::uint64_t> ids;
  for (auto const& [id, follower] : call->second) ids.push_back(id);
  for (auto const id : ids) {  // a follower may leave, or others come, while one is told
    auto const again = followers_->by_call.find(event.call);
    if (again == followers_->by_call.end()) return;
    if (auto const follower = again->second.find(id); follower != again->second.end()) {
      auto const deliver_to = follower->second;
      deliver_to(event);
    }
  }
}

std::unique_ptr<EventBus::Subscription> MemoryBus::subscribe(std::string const& call,
                                                             std::function<void(Event const&)> deliver) {
  auto const id = followers_->next++;
  followers_->by_call[call].emplace(id, std::move(deliver));
  return std::make_unique<Ticket>(followers_, call, id);
}

}  // namespace sotto
