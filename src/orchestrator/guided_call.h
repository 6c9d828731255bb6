// One call's guidance: pumps its guide (live/guide.h) between the bus, the models and the log. What the speech part
// appended comes by the bus, or from the log where the bus left something out; what the guide makes of it is appended
// together with the place up to which everything has had its effect, so that another owner goes on from there and asks
// no model again. Confined to the loop that owns the call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/byte_budget.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "call/tenant_shares.h"
#include "live/eager_guide.h"
#include "live/guide.h"
#include "live/log_tail.h"
#include "live/log_writer.h"
#include "orchestrator/router.h"
#include "ports/call_log.h"
#include "ports/event_bus.h"
#include "ports/tenant_library.h"

namespace sotto::orchestrator {

// What all guided calls share. Everything outlives every call.
struct GuideParts {
  CallLog& log;
  EventBus& bus;
  orchestrator::Router& router;
  TenantLibrary& library;
  Clock const& clock;
  Metrics& metrics;
  ByteBudget& waiting;             // what the queues of all calls may hold
  TenantShares* shares = nullptr;  // null: a tenant may take all of it
  guidance::GuidanceOptions guidance = {};
  std::function<void(std::string const&)> warn = [](auto const&) {};  // an operator
};

class GuidedCall {
 public:
  // A call that has just begun; nothing of its guidance is in the log. What it has to say is appended once use() brings
  // its lease.
  GuidedCall(GuideParts const& parts, CallInfo info);
  // A call that another owner guided. `memory`: the log's snapshot; `past`: the events from there to
  // `claimed.consumed`.
  GuidedCall(GuideParts const& parts, Claimed const& claimed, GuideMemory memory, std::vector<Event> const& past);
  ~GuidedCall();
  GuidedCall(GuidedCall const&) = delete;
  GuidedCall& operator=(GuidedCall const&) = delete;

  // Of this call; not of its erasure.
  void on(Notice const& notice);
  // It was erased: nothing comes of it any more.
  void forget() { fenced_ = true; }
  void use(Claimed const& claimed);
  // At least every 100 ms.
  void tick();
  // Errors: no_such_cue, no_such_item; not_live for a tick of a call that is over.
  Result<void> on(GuideCommand const& command);

  CallInfo const& info() const { return info_; }
  Lease const& lease() const { return log_.lease(); }
  // All that was said has had its effect and is stored.
  bool finished() const { return done_ && log_.drained(); }
  // Words are being judged, or what they brought is on its way to the log.
  bool busy() const { return !running_.empty() || tail_.behind() || !log_.drained(); }
  // Somebody else guides it now.
  bool fenced() const { return fenced_; }
  CallGuide const& guide() const { return guide_; }
  std::size_t waiting() const { return log_.waiting(); }

 private:
  struct Running {
    std::int64_t number = 0;  // of the words; 0: not stored yet
    std::string utterance;
    bool taken_back = false;  // the words: what the models say of them is not heard
  };
  void start();
  InForce in_force() const;
  void pump();
  void on_stored(Event const& event);
  void on_transfer(AgentChanged const& changed);
  void on_redacted(EventBody const& body);
  void on_unsaved(Event const& event);
  void on_partial(Partial const& partial, Event const& event);
  void judge(Event const& event);
  void run(InferenceGraph graph, std::function<void(InferenceGraph const&, NodeResults const&)> done);
  void on_answered(std::uint64_t id, PathStamps const& stamps, InferenceGraph const& done, NodeResults const& results);
  void read_on();
  void store(Time now, std::optional<Time> answered = std::nullopt);
  std::int64_t consumed() const;
  void note();
  void end_when_judged(Time now);
  void append(Append batch);
  void count();

  // Given.
  GuideParts const parts_;
  CallInfo info_;  // its agent and team as of now
  // Owned.
  std::uint64_t generation_;
  CallGuide guide_;
  EagerGuide eager_;
  std::shared_ptr<ByteBudget> share_;  // of its tenant; null: none
  LogWriter log_;
  LogTail tail_;
  std::unique_ptr<EventBus::Subscription> commands_;
  // State.
  std::map<std::uint64_t, Running> running_;  // graphs
  std::uint64_t next_graph_ = 1;
  std::set<std::string> judged_unsaved_;  // "utterance/revision": judged before they were stored
  std::int64_t stored_consumed_ = 0;      // as the log knows it, or will
  std::optional<Time> unnoted_since_;     // words had their effect and the log does not know it
  Time beat_at_{}, looked_at_{};
  std::int64_t call_ms_ = 0;
  std::optional<Time> ended_;  // the speech part has
  bool done_ = false, fenced_ = false, pumping_ = false;
  guidance::GuidanceCounters counted_;  // what /metrics has been told
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::orchestrator
