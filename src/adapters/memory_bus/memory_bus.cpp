#include "adapters/memory_bus/memory_bus.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace sotto {

struct MemoryBus::Members {
  struct Listener {
    std::string tenant;  // empty: any
    Follow deliver;
  };
  // By call; those of any call under the empty name.
  std::map<std::string, std::map<std::uint64_t, Listener>> followers;
  std::map<std::pair<std::string, Part>, std::pair<std::uint64_t, Serve>> owners;
  std::map<std::uint64_t, Follow> takers;
  std::uint64_t next = 1;
};

class MemoryBus::Follower final : public EventBus::Subscription {
 public:
  Follower(std::weak_ptr<Members> members, std::string call, std::uint64_t id)
      : members_(std::move(members)), call_(std::move(call)), id_(id) {}
  ~Follower() override {
    auto const members = members_.lock();
    if (!members) return;
    auto const call = members->followers.find(call_);
    if (call == members->followers.end()) return;
    call->second.erase(id_);
    if (call->second.empty()) members->followers.erase(call);
  }

 private:
  std::weak_ptr<Members> members_;
  std::string const call_;
  std::uint64_t const id_;
};

class MemoryBus::Owner final : public EventBus::Subscription {
 public:
  Owner(std::weak_ptr<Members> members, std::pair<std::string, Part> part, std::uint64_t id)
      : members_(std::move(members)), part_(std::move(part)), id_(id) {}
  ~Owner() override {
    auto const members = members_.lock();
    if (!members) return;
    auto const owner = members->owners.find(part_);
    if (owner != members->owners.end() && owner->second.first == id_) members->owners.erase(owner);
  }

 private:
  std::weak_ptr<Members> members_;
  std::pair<std::string, Part> const part_;
  std::uint64_t const id_;
};

class MemoryBus::Taker final : public EventBus::Subscription {
 public:
  Taker(std::weak_ptr<Members> members, std::uint64_t id) : members_(std::move(members)), id_(id) {}
  ~Taker() override {
    if (auto const members = members_.lock()) members->takers.erase(id_);
  }

 private:
  std::weak_ptr<Members> members_;
  std::uint64_t const id_;
};

MemoryBus::MemoryBus() : members_(std::make_shared<Members>()) {}
MemoryBus::~MemoryBus() = default;

void MemoryBus::publish(Notice const& notice) {
  if (delivering_) {
    waiting_.push_back(notice);
    return;
  }
  delivering_ = true;
  deliver(notice);
  while (!waiting_.empty()) {
    auto const next = std::move(waiting_.front());
    waiting_.pop_front();
    deliver(next);
  }
  delivering_ = false;
}

void MemoryBus::tell_taker(Notice const& notice) {
  if (members_->takers.empty()) return;
  auto const deliver_to = members_->takers.begin()->second;
  deliver_to(notice);
}

void MemoryBus::deliver(Notice const& notice) {
  if (auto const* event = std::get_if<Event>(&notice); event && event->is<CallStarted>()) tell_taker(notice);
  auto const [call, tenant] =
      std::visit([](auto const& one) { return std::pair<std::string, std::string>(one.call, one.tenant); }, notice);
  for (auto const& key : {call, std::string()}) {
    auto const followers = members_->followers.find(key);
    if (followers == members_->followers.end()) continue;
    std::vector<std::uint64_t> ids;
    for (auto const& [id, listener] : followers->second) {
      if (listener.tenant.empty() || listener.tenant == tenant) ids.push_back(id);
    }
    for (auto const id : ids) {  // a follower may leave, or others come, while one is told
      auto const again = members_->followers.find(key);
      if (again == members_->followers.end()) break;
      if (auto const listener = again->second.find(id); listener != again->second.end()) {
        auto const deliver_to = listener->second.deliver;
        deliver_to(notice);
      }
    }
  }
}

std::unique_ptr<EventBus::Subscription> MemoryBus::follow(Topic topic, Follow deliver) {
  auto const id = members_->next++;
  members_->followers[topic.call].emplace(id, Members::Listener{std::move(topic.tenant), std::move(deliver)});
  return std::make_unique<Follower>(members_, std::move(topic.call), id);
}

std::unique_ptr<EventBus::Subscription> MemoryBus::take_new(Follow deliver) {
  auto const id = members_->next++;
  members_->takers.emplace(id, std::move(deliver));
  return std::make_unique<Taker>(members_, id);
}

bool MemoryBus::taken() const { return !members_->takers.empty(); }

bool MemoryBus::serves(std::string const& call, Part part) const { return members_->owners.contains({call, part}); }

void MemoryBus::send(std::string const& call, CallCommand command, Then<void> then) {
  auto const owner = members_->owners.find({call, part_of(command)});
  if (owner == members_->owners.end()) return then(fail("not_live", "call " + call + " is not live"));
  auto const serve = owner->second.second;
  serve(std::move(command), std::move(then));
}

std::unique_ptr<EventBus::Subscription> MemoryBus::serve(std::string const& call, Part part, Serve serve) {
  auto const id = members_->next++;
  std::pair const key(call, part);
  members_->owners[key] = {id, std::move(serve)};
  return std::make_unique<Owner>(members_, key, id);
}

}  // namespace sotto
