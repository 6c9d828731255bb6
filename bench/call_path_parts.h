// What a call path of the real program stands on but its recogniser, for benches that run one without sockets.
#pragma once

#include <filesystem>
#include <memory>

#include "adapters/memory_bus/memory_bus.h"
#include "adapters/minilm/shard.h"
#include "adapters/sqlite/sqlite_store.h"
#include "app/library.h"
#include "base/metrics.h"
#include "net/loop.h"

namespace sotto {

// Policies and knowledge are in force when it is made. Everything on the loop, which the bench runs.
struct CallPathParts {
  CallPathParts(std::filesystem::path const& data, std::filesystem::path const& policies,
                std::filesystem::path const& knowledge)
      : store(sqlite::SqliteStore::open(data, loop).value()),
        shard(MinilmShard::make({.folder = ".cache/minilm"}, loop, clock).value()),
        library(policies, knowledge, *shard, clock),
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
