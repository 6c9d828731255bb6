// One call path under virtual time with scripted ports: everything that touches the world is in the test's hands.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "support/manual_executor.h"
#include "support/one_call.h"
#include "support/scripted_log.h"
#include "support/scripted_recognizer.h"
#include "support/scripted_shard.h"

namespace sotto {

class VirtualClock final : public Clock {
 public:
  Time now() const override {
    auto const read = now_;
    on_read();
    return read;
  }
  void advance(Duration by) { now_ += by; }
  // After each reading.
  std::function<void()> on_read = [] {};

 private:
  Time now_{Duration(1'700'000'000'000'000)};
};

class ScriptedBus final : public EventBus {
 public:
  void publish(Notice const& notice) override {
    waiting_.push_back(notice);
    if (held || delivering_) return;
    release();
  }
  std::unique_ptr<Subscription> follow(Topic topic, Follow deliver) override {
    followers_.push_back(std::make_shared<Follower>(Follower{std::move(topic), std::move(deliver)}));
    return std::make_unique<Leave>(followers_.back());
  }
  std::unique_ptr<Subscription> take_new(Follow deliver) override {
    return follow({}, [deliver = std::move(deliver)](Notice const& notice) {
      auto const* event = std::get_if<Event>(&notice);
      if (event && event->is<CallStarted>()) deliver(notice);
    });
  }
  void send(std::string const& call, CallCommand command, Then<void> then) override {
    auto const owner = owners_.find({call, part_of(command)});
    if (owner == owners_.end() || !owner->second->serve) return then(fail("not_live", "call " + call + " is not live"));
    owner->second->serve(std::move(command), std::move(then));
  }
  std::unique_ptr<Subscription> serve(std::string const& call, Part part, Serve serve) override {
    auto owner = std::make_shared<Owner>(Owner{std::move(serve)});
    owners_[{call, part}] = owner;
    return std::make_unique<Retire>(owner);
  }
  void release() {
    delivering_ = true;
    while (!waiting_.empty()) {
      auto const notice = std::move(waiting_.front());
      waiting_.pop_front();
      auto const* event = std::get_if<Event>(&notice);
      if (event) published.push_back(*event);
      auto const call = std::visit([](auto const& one) { return one.call; }, notice);
      for (auto const& follower : std::vector(followers_)) {
        if (follower->deliver && (follower->topic.call.empty() || follower->topic.call == call))
          follower->deliver(notice);
      }
    }
    delivering_ = false;
  }

  bool held = false;
  std::vector<Event> published;

 private:
  struct Follower {
    Topic topic;
    Follow deliver;
  };
  struct Owner {
    Serve serve;
  };
  struct Leave final : Subscription {
    explicit Leave(std::shared_ptr<Follower> one) : follower(std::move(one)) {}
    ~Leave() override { follower->deliver = nullptr; }
    std::shared_ptr<Follower> follower;
  };
  struct Retire final : Subscription {
    explicit Retire(std::shared_ptr<Owner> one) : owner(std::move(one)) {}
    ~Retire() override { owner->serve = nullptr; }
    std::shared_ptr<Owner> owner;
  };

  std::deque<Notice> waiting_;
  std::vector<std::shared_ptr<Follower>> followers_;
  std::map<std::pair<std::string, Part>, std::shared_ptr<Owner>> owners_;
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

class ScriptedLibrary final : public TenantLibrary {
 public:
  std::shared_ptr<PolicySet const> set = std::make_shared<PolicySet const>();
  std::map<std::string, std::shared_ptr<PolicySet const>> teams;  // those with policies of their own
  std::shared_ptr<knowledge::KnowledgeBase const> base;
  std::shared_ptr<knowledge::IntentModels const> models;
  std::shared_ptr<std::vector<std::string> const> terms;
  std::function<void()> on_generation = [] {};
  mutable std::function<void()> on_knowledge = [] {};
  std::uint64_t version = 1;

  std::shared_ptr<PolicySet const> policies(std::string const&, std::string const& team, std::string const&) override {
    auto const own = teams.find(team);
    return own == teams.end() ? set : own->second;
  }
  std::shared_ptr<knowledge::KnowledgeBase const> knowledge(std::string const&) const override {
    on_knowledge();
    return base;
  }
  std::shared_ptr<knowledge::IntentModels const> intents(std::string const&) const override { return models; }
  std::shared_ptr<std::vector<std::string> const> keyterms(std::string const&) const override { return terms; }
  std::uint64_t generation() const override {
    on_generation();
    return version;
  }
};

struct VirtualWorld {
  explicit VirtualWorld(std::vector<ScriptedInterval> script = {})
      : log(executor, clock),
        recognizer(executor, std::move(script)),
        shard(executor, clock),
        router(shard, clock, metrics) {}

  CallWorld world() {
    return {.log = log,
            .bus = bus,
            .engines = engines,
            .router = router,
            .library = policies,
            .clock = clock,
            .metrics = metrics,
            .waiting = waiting,
            .late_masks = &late_masks};
  }
  static CallInfo info(std::string id = "c1") {
    return {.id = std::move(id),
            .tenant = "demo",
            .tracks = {Track::customer, Track::agent},
            .format = {Coding::mulaw, 8000},
            .replay = true};
  }
  void begin(CallInfo call = info()) {
    call.started = clock.now();
    path = std::make_unique<OneCall>(world(), std::move(call), "digest");
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
      if (steps % 50 == 0) late_masks.tick(clock.now());
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
  // What the log has of it.
  CallRecord stored(std::string const& call = "c1") {
    std::optional<Result<CallRecord>> record;
    log.load(call, [&](Result<CallRecord> loaded) { record = std::move(loaded); });
    settle();
    CHECK(record && *record);
    return **record;
  }
  template <class Body>
  std::vector<Event> events() const {
    std::vector<Event> out;
    std::ranges::copy_if(bus.published, std::back_inserter(out), [](Event const& event) { return event.is<Body>(); });
    return out;
  }
  // The bodies of one type, in order.
  template <class Body>
  std::vector<Body> told() const {
    std::vector<Body> out;
    for (auto const& event : bus.published) {
      if (auto const* body = event.as<Body>()) out.push_back(*body);
    }
    return out;
  }

  VirtualClock clock;
  ManualExecutor executor;
  ScriptedLog log;
  ScriptedBus bus;
  ScriptedRecognizer recognizer;
  gateway::Engines engines{recognizer};
  ScriptedShard shard;
  HookedMetrics metrics;
  orchestrator::Router router;
  ScriptedLibrary policies;
  ByteBudget waiting{limits::kUnpersistedBytesMax};
  aftercall::LateMasks late_masks{log, log, bus, [](std::string const&) {}};
  std::unique_ptr<OneCall> path;
  std::int64_t at = 0;  // next sample of both tracks
  int steps = 0;
};

}  // namespace sotto
