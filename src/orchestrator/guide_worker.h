// The orchestrator of this process: guides the calls whose guidance it owns. New ones it hears of on the bus, those
// that nobody guides any more it claims in the log. Confined to the loop.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/guided_call.h"

namespace sotto::orchestrator {

class GuideWorker {
 public:
  // `worker`: its name in leases, unique among processes.
  GuideWorker(GuideParts const& parts, std::string worker);
  ~GuideWorker();
  GuideWorker(GuideWorker const&) = delete;
  GuideWorker& operator=(GuideWorker const&) = delete;

  // Takes what nobody guides; at the start, and now and then.
  void claim();
  // At least every 100 ms.
  void tick();
  std::size_t size() const { return calls_.size(); }
  GuidedCall const* find(std::string const& call) const;
  template <typename Visit>
  void for_each(Visit visit) const {
    for (auto const& [id, call] : calls_) visit(*call);
  }

 private:
  void on(Notice const& notice);
  void take(Claimed claimed);
  void read_past(Claimed claimed, std::shared_ptr<GuideMemory> memory, std::vector<Event> past);
  void renew(Time now);

  GuideParts const parts_;
  std::string const worker_;
  std::map<std::string, std::unique_ptr<GuidedCall>> calls_;
  std::unique_ptr<EventBus::Subscription> news_;
  bool claiming_ = false, claim_again_ = false;
  Time claimed_at_{}, renewed_at_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::orchestrator
