// The orchestrator of this process: guides the calls whose guidance it owns. New ones it is given by the bus, those
// that nobody guides any more it claims in the log. Confined to the loop.
#pragma once

#include <map>
#include <memory>
#include <optional>
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
  // Before the process ends: others may guide its calls at once, from what is stored on. None is taken any more.
  void let_go_of_all();
  std::size_t size() const { return calls_.size(); }
  GuidedCall const* find(std::string const& call) const;
  template <typename Visit>
  void for_each(Visit visit) const {
    for (auto const& [id, guided] : calls_) visit(*guided.call);
  }

 private:
  struct Guided {
    std::unique_ptr<GuidedCall> call;
    std::unique_ptr<EventBus::Subscription> news;
    std::optional<Time> stored_at;  // the call is in the log, and somebody may own its guidance
  };
  void begin(Notice const& notice);
  void on(Notice const& notice);
  void guide(std::string const& id, std::unique_ptr<GuidedCall> call);
  void take(Claimed claimed);
  void read_past(Claimed claimed, std::shared_ptr<GuideMemory> memory, std::vector<Event> past);
  void renew(Time now);

  GuideParts const parts_;
  std::string const worker_;
  std::map<std::string, Guided> calls_;
  std::unique_ptr<EventBus::Subscription> new_calls_;
  bool claiming_ = false, claim_again_ = false, leaving_ = false;
  Time claimed_at_{}, renewed_at_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::orchestrator
