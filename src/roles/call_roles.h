// The roles of a process that have calls: the gateway captures them, the orchestrator guides them, delivery tells of
// them. They meet at the log and at the bus and know nothing else of each other.
#pragma once

#include <string>

#include "adapters/openssl/secrets.h"
#include "delivery/followed_calls.h"
#include "delivery/tickets.h"
#include "gateway/call_registry.h"
#include "net/loop.h"
#include "orchestrator/guide_worker.h"

namespace sotto::app {

struct CallRoles {
  // Everything given outlives them. `guidance` is what the orchestrator shares, `capture` what the gateway does.
  CallRoles(net::Loop& loop, CallIndex& index, orchestrator::GuideParts const& guidance,
            gateway::CaptureParts const& capture)
      : followed(capture.log, capture.bus, capture.clock, capture.metrics),
        guides(guidance, worker),
        registry(loop, capture, index, worker) {}

  // Calls of an earlier run go on; runs the loop until they do. Error: the log's.
  Result<void> adopt(net::Loop& loop) {
    guides.claim();
    std::optional<Result<std::size_t>> adopted;
    registry.adopt([&](Result<std::size_t> calls) { adopted = std::move(calls); });
    while (!adopted) loop.context().run_one();
    if (!*adopted) return std::unexpected(adopted->error());
    registry.tick();  // whoever asks for a call of an earlier run finds it
    if (**adopted > 0) spdlog::info("{} calls of an earlier run go on when their sources come back", **adopted);
    return {};
  }
  // Drives them until the loop stops.
  void run(net::Loop& loop) {
    constexpr auto beat = std::chrono::milliseconds(50);
    registry.run();
    loop.every("beat of guidance", beat, [this] { guides.tick(); });
    loop.every("beat of delivery", beat, [this] { followed.tick(); });
  }

  std::string const worker = "sotto-" + random_hex(8);  // this process's name in leases
  delivery::FollowedCalls followed;
  orchestrator::GuideWorker guides;
  CallRegistry registry;
  Tickets tickets{random_hex(32)};
};

}  // namespace sotto::app
