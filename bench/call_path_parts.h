// What a call path of the real program stands on but its recogniser, for benches that run one without sockets.
#pragma once

#include <sys/resource.h>

#include <filesystem>
#include <memory>

#include "adapters/memory_bus/memory_bus.h"
#include "adapters/minilm/shard.h"
#include "adapters/sqlite/sqlite_store.h"
#include "app/library.h"
#include "base/metrics.h"
#include "net/loop.h"

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

// Policies and knowledge are in force when it is made. Everything on the loop, which the bench runs.
struct CallPathParts {
  CallPathParts(std::filesystem::path const& data, std::filesystem::path const& policies,
                std::filesystem::path const& knowledge)
      : store(sqlite::SqliteStore::open(data, loop).value()),
        shard(MinilmShard::make({.folder = ".cache/minilm"}, loop, clock).value()),
        library(policies, knowledge, *shard, loop, clock),
        router(*shard, clock, metrics) {
    library.poll();
    while (!library.settled()) loop.context().run_one();
  }
  PathContext context(speech::Engines& engines, guidance::GuidanceOptions guidance = {}) {
    return {*store, bus, engines, router, library, clock, metrics, memory, guidance};
  }

  SystemClock const clock;
  net::Loop loop;
  NoMetrics metrics;
  MemoryBus bus;
  transcript::UnpersistedMemory memory;
  std::unique_ptr<sqlite::SqliteStore> const store;
  std::unique_ptr<MinilmShard> const shard;
  app::Library library;
  inference::Router router;
};

}  // namespace sotto
