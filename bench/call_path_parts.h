// What a call path of the real program stands on but its recogniser, for benches that run one without sockets.
#pragma once

#include <sys/resource.h>

#include <filesystem>
#include <memory>

#include "adapters/key_file/master_key.h"
#include "adapters/memory_bus/memory_bus.h"
#include "adapters/minilm/shard.h"
#include "adapters/sqlite/sqlite_log.h"
#include "base/metrics.h"
#include "delivery/followed_calls.h"
#include "gateway/captured_call.h"
#include "library/library.h"
#include "net/loop.h"
#include "orchestrator/guide_worker.h"

namespace sotto {

// Of this process, so far.
inline double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto const of = [](timeval const& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// Counts what the models were asked.
class CountedMetrics final : public Metrics {
 public:
  int inferences = 0;
  void observe(Histogram histogram, Duration) override { inferences += histogram == Histogram::inference ? 1 : 0; }
  void count(Counter, double) override {}
};

// Policies and knowledge are in force when it is made. Everything on the loop, which the bench runs.
struct CallPathParts {
  CallPathParts(std::filesystem::path const& data, std::filesystem::path const& policies,
                std::filesystem::path const& knowledge, guidance::GuidanceOptions guidance = {})
      : keys(open_call_keys(data, {}).value()),
        log(sqlite::SqliteLog::open(data, loop, clock, *keys).value()),
        shard(MinilmShard::make({.folder = ".cache/minilm"}, loop, clock).value()),
        library(policies, knowledge, *shard, loop, clock),
        router(*shard, clock, metrics),
        followed(*log, bus, clock, metrics),
        guides({.log = *log,
                .bus = bus,
                .router = router,
                .library = library,
                .clock = clock,
                .metrics = metrics,
                .waiting = waiting,
                .guidance = guidance},
               "bench") {
    library.poll();
    while (!library.settled()) loop.context().run_one();
    loop.every("beat of guidance and delivery", std::chrono::milliseconds(50), [this] {
      guides.tick();
      followed.tick();
    });
  }
  gateway::CaptureParts capture(gateway::Engines& engines) {
    return {.log = *log,
            .bus = bus,
            .engines = engines,
            .library = library,
            .clock = clock,
            .metrics = metrics,
            .waiting = waiting};
  }

  SystemClock const clock;
  net::Loop loop;
  CountedMetrics metrics;
  MemoryBus bus;
  ByteBudget waiting{limits::kUnpersistedBytesMax};
  std::unique_ptr<CallKeys> const keys;
  std::unique_ptr<sqlite::SqliteLog> const log;
  std::unique_ptr<MinilmShard> const shard;
  app::Library library;
  orchestrator::Router router;
  delivery::FollowedCalls followed;
  orchestrator::GuideWorker guides;
};

}  // namespace sotto
