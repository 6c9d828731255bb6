// The roles that have calls: the gateway captures them, the orchestrator guides them, delivery tells of them. They meet
// at the log and at the bus and know nothing else of each other.
#include <optional>
#include <set>

#include <spdlog/spdlog.h>

#include "adapters/file_spool/file_spool.h"
#include "adapters/moonshine/recognizer.h"
#include "aftercall/late_masks.h"
#include "base/utf8.h"
#include "delivery/followed_calls.h"
#include "delivery/subscribe_endpoint.h"
#include "delivery/tickets.h"
#include "gateway/call_registry.h"
#include "gateway/ingest_endpoint.h"
#include "gateway/recognisers.h"
#include "library/library.h"
#include "orchestrator/guide_worker.h"
#include "roles/makers.h"
#include "roles/process_gauges.h"

namespace sotto::app {

namespace {

constexpr auto kBeat = std::chrono::milliseconds(50);

class GatewayService final : public Service {
 public:
  GatewayService(Parts& parts, std::unique_ptr<EngineSet> engines)
      : parts_(parts),
        engines_(std::move(engines)),
        spools_(parts.config.data / "spool", {parts.config.audio_on_disk.begin(), parts.config.audio_on_disk.end()},
                limits::kSpoolBytesMax),
        late_masks_(*parts.log, *parts.calls, *parts.bus,
                    [](std::string const& call) {
                      spdlog::error("call {}: words of a card that was recognised late could not be taken back",
                                    one_line(call));
                    }),
        registry_(parts.loop,
                  {.log = *parts.log,
                   .bus = *parts.bus,
                   .engines = engines_->engines(),
                   .library = *parts.library,
                   .clock = parts.clock,
                   .metrics = parts.metrics,
                   .waiting = parts.waiting,
                   .shares = &parts.shares,
                   .spools = &spools_,
                   .masking = &parts.config.masked,
                   // Whether models answer is known where they are asked.
                   .suggestions = [router = parts.router] { return !router || router->up(); },
                   .region = parts.config.region,
                   .take_back =
                       [this](CallInfo const& call, transcript::PrivacyGate::Late late) {
                         late_masks_.ask(call.id, call.tenant, late.track, late.to, std::move(late.runs),
                                         parts_.clock.now());
                       }},
                  *parts.calls, parts.worker) {
    parts.sockets.emplace("/v1/ingest", net::WebSocketRoute{.needs = Permission::stream_audio,
                                                            .message_max = limits::kPacketBytesMax,
                                                            .make = [this](Principal const& source) {
                                                              return std::make_unique<IngestEndpoint>(
                                                                  registry_, parts_.clock, source);
                                                            }});
    parts.loop.every("late masks", 500ms, [this] { late_masks_.tick(parts_.clock.now()); });
    add_call_gauges(parts, *engines_, registry_);
  }

  // Calls of an earlier run go on; runs the loop until they do.
  Result<void> start() override {
    std::optional<Result<std::size_t>> adopted;
    registry_.adopt([&](Result<std::size_t> calls) { adopted = std::move(calls); });
    while (!adopted) parts_.loop.context().run_one();
    if (!*adopted) return std::unexpected(adopted->error());
    registry_.tick();  // whoever asks for a call of an earlier run finds it
    if (**adopted > 0) spdlog::info("{} calls of an earlier run go on when their sources come back", **adopted);
    registry_.run();
    return {};
  }
  std::string not_ready() const override {
    auto const trouble = registry_.store_trouble();
    return trouble.empty() ? "" : "not saved: " + trouble;
  }
  net::asio::awaitable<void> stop() override {
    if (registry_.size() > 0) spdlog::info("stopping: live calls go on when their sources reach a server again");
    registry_.let_go_of_all();
    co_return;
  }

 private:
  Parts& parts_;
  std::unique_ptr<EngineSet> engines_;
  FileSpools spools_;
  aftercall::LateMasks late_masks_;
  CallRegistry registry_;
};

class OrchestratorService final : public Service {
 public:
  explicit OrchestratorService(Parts& parts)
      : loop_(parts.loop),
        guides_({.log = *parts.log,
                 .bus = *parts.bus,
                 .router = *parts.router,
                 .library = *parts.library,
                 .clock = parts.clock,
                 .metrics = parts.metrics,
                 .waiting = parts.waiting,
                 .shares = &parts.shares,
                 .guidance = {.budget = parts.config.attention_budget},
                 .warn = [](std::string const& text) { spdlog::warn("{}", text); }},
                parts.worker) {}

  Result<void> start() override {
    guides_.claim();
    loop_.every("beat of guidance", kBeat, [this] { guides_.tick(); });
    return {};
  }
  net::asio::awaitable<void> stop() override {
    guides_.let_go_of_all();
    co_return;
  }

 private:
  net::Loop& loop_;
  orchestrator::GuideWorker guides_;
};

class DeliveryService final : public Service {
 public:
  explicit DeliveryService(Parts& parts)
      : loop_(parts.loop),
        followed_(*parts.log, *parts.bus, parts.clock, parts.metrics),
        tickets_(parts.ticket_secret),
        subscribe_{parts.loop, parts.clock, *parts.bus, followed_, tickets_} {
    parts.followed = &followed_;
    parts.tickets = &tickets_;
    parts.sockets.emplace(
        "/v1/subscribe",
        net::WebSocketRoute{
            .needs = Permission::none,  // the ticket in its first message was given to someone with the token
            .message_max = limits::kControlBytesMax,
            .make = [this](Principal const&) { return std::make_unique<SubscribeEndpoint>(subscribe_); }});
  }

  Result<void> start() override {
    loop_.every("beat of delivery", kBeat, [this] { followed_.tick(); });
    return {};
  }

 private:
  net::Loop& loop_;
  delivery::FollowedCalls followed_;
  Tickets tickets_;
  SubscribeParts const subscribe_;
};

}  // namespace

Made make_gateway(Parts& parts) {
  auto engines =
      EngineSet::make(parts.config.recognisers, parts.config.chains, *parts.recogniser, parts.loop, parts.clock);
  if (!engines) return std::unexpected(engines.error());
  return std::make_unique<GatewayService>(parts, std::move(*engines));
}

Made make_orchestrator(Parts& parts) { return std::make_unique<OrchestratorService>(parts); }

Made make_delivery(Parts& parts) { return std::make_unique<DeliveryService>(parts); }

}  // namespace sotto::app
