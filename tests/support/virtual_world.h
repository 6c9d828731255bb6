// One call path under virtual time with scripted ports: everything that touches the world is in the test's hands.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "live/pipeline.h"
#include "base/check.h"
#include "support/manual_executor.h"
#include "support/scripted_recognizer.h"
#include "support/scripted_shard.h"
#include "support/scripted_store.h"

namespace sotto {

class VirtualClock final : public Clock {
 public:
  Time now() const override { return now_; }
  void advance(Duration by) { now_ += by; }

 private:
  Time now_{Duration(1'700'000'000'000'000)};
};

class ScriptedBus final : public EventBus {
 public:
  void publish(Event const& event) override {
    waiting_.push_back(event);
    if (held || delivering_) return;
    release();
  }
  std::unique_ptr<Subscription> subscribe(std::string const& call, std::function<void(Event const&)> deliver) override {
    followers_.emplace_back(call, std::move(deliver));
    return std::make_unique<Subscription>();
  }
  void release() {
    delivering_ = true;
    while (!waiting_.empty()) {
      auto const event = std::move(waiting_.front());
      waiting_.pop_front();
      published.push_back(event);
      for (auto const& [call, deliver] : followers_) {
        if (call == event.call) deliver(event);
      }
    }
    delivering_ = false;
  }
  void forget_followers() { followers_.clear(); }

  bool held = false;
  std::vector<Event> published;

 private:
  std::deque<Event> waiting_;
  std::vector<std::pair<std::string, std::function<void(Event const&)>>> followers_;
  bool delivering_ = false;
};

// Runs a hook where a test wants time to pass: in the middle of stages that take none.
class HookedMetrics final : public Metrics {
 public:
  std::map<Histogram, std::function<void()>> hooks;
  void observe(Histogram histogram, Duration) override {
    if (auto const hook = hooks.find(histogram); hook != hooks.end()) hook->second();
  }
  void count(Counter, double) override {}
};

class ScriptedPolicies final : public PolicySource {
 public:
  std::shared_ptr<PolicySet const> set = std::make_shared<PolicySet const>();
  std::shared_ptr<inference::KnowledgeBase const> base;
  std::shared_ptr<inference::IntentModels const> models;
  std::function<void()> on_generation = [] {};
  mutable std::function<void()> on_knowledge = [] {};
  std::uint64_t version = 1;

  std::shared_ptr<PolicySet const> policies(std::string const&, std::string const&, std::string const&) override {
    return set;
  }
  std::shared_ptr<inference::KnowledgeBase const> knowledge(std::string const&) const override {
    on_knowledge();
    return base;
  }
  std::shared_ptr<inference::IntentModels const> intents(std::string const&) const override { return models; }
  std::uint64_t generation() const override {
    on_generation();
    return version;
  }
};

struct VirtualWorld {
  explicit VirtualWorld(std::vector<ScriptedInterval> script = {})
      : store(executor),
        recognizer(executor, std::move(script)),
        shard(executor, clock),
        router(shard, clock, metrics) {}

  PathContext context() { return {store, bus, engines, router, policies, clock, metrics, memory}; }
  static CallInfo info(std::string id = "c1") {
    return {.id = std::move(id),
            .tenant = "demo",
            .tracks = {Track::customer, Track::agent},
            .format = {Coding::mulaw, 8000},
            .replay = true};
  }
  void begin(CallInfo call = info()) {
    call.started = clock.now();
    path = std::make_unique<CallPath>(context(), std::move(call), "digest");
    settle();
  }
  // Everything posted, and what that posts.
  void settle() { executor.run_all(); }
  // Time passes; the call is ticked each 50 ms (a second, where minutes pass).
  void pass(Duration time) {
    Duration const step = time > 60s ? Duration(200ms) : Duration(10ms);
    for (auto left = time; left > Duration(0); left -= step) {
      clock.advance(step);
      settle();
      if (path && ++steps % 5 == 0) path->tick();
      settle();
    }
  }
  // Both tracks speak for `time`, 20 ms packets as they are spoken.
  void speak(Duration time, std::uint8_t sample = 0x40) {
    for (auto left = time; left > Duration(0); left -= 20ms) {
      pass(20ms);
      for (auto const track : path->info().tracks) send(track, at, 160, sample);
      at += 160;
      settle();
    }
  }
  void send(Track track, std::int64_t first, std::int64_t count, std::uint8_t sample = 0x40) {
    auto const done = path->on_packet({.track = track,
                                       .first_sample = first,
                                       .bytes = std::vector<std::uint8_t>(count, sample),
                                       .arrived = clock.now()});
    CHECK(done);
  }
  void hang_up() {
    path->on_end(EndReason::hangup);
    for (int i = 0; i < 400 && !path->finished(); ++i) pass(50ms);
  }
  std::vector<Event> events(std::string const& type) const {
    std::vector<Event> out;
    for (auto const& event : bus.published) {
      if (event.type == type) out.push_back(event);
    }
    return out;
  }

  VirtualClock clock;
  ManualExecutor executor;
  ScriptedStore store;
  ScriptedBus bus;
  ScriptedRecognizer recognizer;
  speech::Engines engines{recognizer};
  ScriptedShard shard;
  HookedMetrics metrics;
  inference::Router router;
  ScriptedPolicies policies;
  transcript::UnpersistedMemory memory;
  std::unique_ptr<CallPath> path;
  std::int64_t at = 0;  // next sample of both tracks
  int steps = 0;
};

}  // namespace sotto
