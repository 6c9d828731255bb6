// One call from its source to its page in one thread: the three parts as the roles pump them, over whatever stands
// behind the ports. For tests and benches that have one call and no sockets.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aftercall/late_masks.h"
#include "delivery/followed_calls.h"
#include "gateway/captured_call.h"
#include "orchestrator/guide_worker.h"

namespace sotto {

// What a call stands on. Everything outlives it.
struct CallWorld {
  CallLog& log;
  EventBus& bus;
  gateway::Engines& engines;
  orchestrator::Router& router;
  TenantLibrary& library;
  Clock const& clock;
  Metrics& metrics;
  ByteBudget& waiting;
  guidance::GuidanceOptions guidance = {};
  AudioSpools* spools = nullptr;
  transcript::Masking const* masking = nullptr;
  bool suspects_audio = true;
  aftercall::LateMasks* late_masks = nullptr;  // null: nothing is taken back
};

class OneCall {
 public:
  OneCall(CallWorld const& world, CallInfo info, std::string resume_digest) : OneCall(world) {
    id_ = info.id;
    captured_ =
        std::make_unique<gateway::CapturedCall>(capture_parts(), std::move(info), std::move(resume_digest), "test");
  }
  // As after a restart: what is live in the log is claimed; captured() is there once the log has answered.
  explicit OneCall(CallWorld const& world)
      : world_(world),
        followed_(world.log, world.bus, world.clock, world.metrics),
        guides_({.log = world.log,
                 .bus = world.bus,
                 .router = world.router,
                 .library = world.library,
                 .clock = world.clock,
                 .metrics = world.metrics,
                 .waiting = world.waiting,
                 .guidance = world.guidance},
                "test"),
        news_(world.bus.follow({}, [this](Notice const&) { join(); })) {}
  ~OneCall() { *alive_ = false; }

  void adopt() {
    guides_.claim();
    world_.log.claim(Part::speech, "test", 1, [this, alive = alive_](Result<std::vector<Claimed>> claimed) {
      if (!*alive || !claimed || claimed->empty()) return;
      auto const one = claimed->front();
      id_ = one.info.id;
      world_.log.read(id_, std::max<std::int64_t>(0, one.last_number - 200), 200,
                      [this, alive, one](Result<std::vector<Event>> newest) {
                        if (!*alive || !newest) return;
                        captured_ = std::make_unique<gateway::CapturedCall>(capture_parts(), one, *newest);
                      });
    });
  }

  // --- the source ---
  Result<void> on_packet(AudioPacket packet) { return captured_->on_packet(std::move(packet)); }
  Result<void> on_pause(std::optional<std::int64_t> sample, std::string const& by) {
    return captured_->on_pause(sample, by);
  }
  void on_resume(std::optional<std::int64_t> sample, std::string const& by) { captured_->on_resume(sample, by); }
  void on_end(EndReason reason) { captured_->on_end(reason); }
  Result<void> on_transfer(std::string agent, std::string team) {
    return captured_->on_transfer(std::move(agent), std::move(team));
  }
  void on_expect(std::vector<std::string> terms) { captured_->on_expect(std::move(terms)); }
  void on_source(bool connected) { captured_->on_source(connected); }
  // --- the page ---
  Result<void> on(GuideCommand const& command) {
    std::optional<Result<void>> done;
    world_.bus.send(id_, command, [&](Result<void> answer) { done = std::move(answer); });
    return done.value_or(fail("no_answer", "nobody answered"));
  }
  // Gets every event from the first on, as soon as there is one.
  void subscribe(std::shared_ptr<delivery::Subscriber> subscriber) {
    joining_.push_back(std::move(subscriber));
    join();
  }
  // As a process that ends does: another one guides the call.
  void stop_guiding() { guides_.let_go_of_all(); }
  void tick() {
    if (captured_) captured_->tick();
    guides_.tick();
    followed_.tick();
  }

  CallCapture const& capture() const { return captured_->capture(); }
  std::optional<Error> const& refused() const { return captured_->refused(); }
  bool adopted() const { return captured_ != nullptr; }
  CallInfo const& info() const { return captured_->info(); }
  std::vector<ingest::TrackProgress> progress() const { return capture().progress(); }
  bool ending() const { return capture().ending().has_value(); }
  std::optional<EndReason> end_reason() const { return capture().ending(); }
  Health const& health() const { return capture().health(); }
  std::map<Track, std::vector<LedgerRow>> ledgers() const { return capture().ledgers(); }
  std::int64_t media_ms() const { return capture().media_ms(); }
  Held held() const {
    auto held = capture().held();
    if (auto const* guided = guides_.find(id_)) held.waiting += guided->waiting();
    return held;
  }
  // Ended, stored and told.
  bool finished() const { return capture().finished() && !guides_.find(id_); }
  delivery::CallFeed const* feed() const { return followed_.find(id_); }

 private:
  void join() {
    std::erase_if(joining_, [&](auto const& one) { return followed_.subscribe(id_, one, 0).has_value(); });
  }
  gateway::CaptureParts capture_parts() const {
    return {.log = world_.log,
            .bus = world_.bus,
            .engines = world_.engines,
            .library = world_.library,
            .clock = world_.clock,
            .metrics = world_.metrics,
            .waiting = world_.waiting,
            .spools = world_.spools,
            .masking = world_.masking,
            .suspects_audio = world_.suspects_audio,
            .suggestions = [&router = world_.router] { return router.up(); },
            .take_back =
                [&world = world_](CallInfo const& call, transcript::PrivacyGate::Late late) {
                  if (!world.late_masks) return;
                  world.late_masks->ask(call.id, call.tenant, late.track, late.to, std::move(late.runs),
                                        world.clock.now());
                }};
  }

  CallWorld const world_;
  std::string id_;
  delivery::FollowedCalls followed_;
  orchestrator::GuideWorker guides_;
  std::unique_ptr<gateway::CapturedCall> captured_;
  std::vector<std::shared_ptr<delivery::Subscriber>> joining_;
  std::unique_ptr<EventBus::Subscription> news_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto
