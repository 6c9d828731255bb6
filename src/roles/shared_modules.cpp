// The modules that roles stand on: the log, the bus, models, and what tenants brought.
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/key_file/master_key.h"
#include "adapters/memory_bus/memory_bus.h"
#include "adapters/minilm/shard.h"
#include "adapters/moonshine/recognizer.h"
#include "adapters/sqlite/sqlite_log.h"
#include "adapters/sqlite/sqlite_versions.h"
#include "base/utf8.h"
#include "library/library.h"
#include "orchestrator/router.h"
#include "roles/makers.h"
#include "webhooks/webhooks.h"

namespace sotto::app {

namespace {

class LogService final : public Service {
 public:
  LogService(std::unique_ptr<CallKeys> keys, std::unique_ptr<sqlite::SqliteLog> log)
      : keys_(std::move(keys)), log_(std::move(log)) {}

 private:
  std::unique_ptr<CallKeys> keys_;
  std::unique_ptr<sqlite::SqliteLog> log_;
};

class BusService final : public Service {
 public:
  explicit BusService(Parts& parts) { parts.bus = &bus_; }

 private:
  MemoryBus bus_;
};

class EncoderService final : public Service {
 public:
  explicit EncoderService(std::unique_ptr<MinilmShard> shard) : shard_(std::move(shard)) {}

 private:
  std::unique_ptr<MinilmShard> shard_;
};

class RecogniserService final : public Service {
 public:
  explicit RecogniserService(std::unique_ptr<MoonshineRecognizer> recogniser) : recogniser_(std::move(recogniser)) {}
  std::string not_ready() const override { return recogniser_->up() ? "" : "down"; }

 private:
  std::unique_ptr<MoonshineRecognizer> recogniser_;
};

class LibraryService final : public Service {
 public:
  explicit LibraryService(Parts& parts)
      : parts_(parts),
        library_(parts.config.policies, parts.config.knowledge, *parts.encoder, parts.loop, parts.clock,
                 parts.config.models / "minilm" / "vectors.bin") {
    library_.use_webhooks(std::bind_front(why_no_webhook, parts.config.webhooks));
    keep_versions();
    parts.library = &library_;
    parts.metrics.gauge("sotto_tenants_wrong", "Tenants whose files are wrong: an earlier version is in force, or none",
                        [this] { return static_cast<double>(library_.wrong_tenants()); });
  }

  // Calls of an earlier run are judged by the policies in force: those come first.
  Result<void> start() override {
    library_.poll();
    while (!library_.settled()) parts_.loop.context().run_one();
    parts_.loop.every("reload of policies", std::chrono::seconds(1), [this] { library_.poll(); });
    return {};
  }
  std::string not_ready() const override { return library_.empty() ? "no tenant has rules" : ""; }
  std::vector<std::string> notes() const override {
    std::vector<std::string> out;
    for (auto const& [tenant, version] : library_.earlier())
      out.push_back(fmt::format("the files of tenant {} are wrong; version {} of {} is in force", one_line(tenant),
                                version.number, to_rfc3339(version.at)));
    return out;
  }

 private:
  // Without them calls go on as ever: only a start with wrong files finds none.
  void keep_versions() {
    auto const& config = parts_.config;
    std::error_code failed;
    std::filesystem::create_directories(config.data, failed);
    auto versions = sqlite::SqliteVersions::open(config.data / "versions.db",
                                                 {.versions = static_cast<std::size_t>(config.versions_kept),
                                                  .bytes = static_cast<std::uint64_t>(config.versions_mib) << 20});
    if (!versions) return spdlog::error("versions of tenants are not kept: {}", versions.error().message);
    versions_ = std::move(*versions);
    library_.use_versions(*versions_, config.data / "versions.tmp");
  }

  Parts& parts_;
  std::unique_ptr<sqlite::SqliteVersions> versions_;
  Library library_;
};

class RouterService final : public Service {
 public:
  explicit RouterService(Parts& parts) : router_(*parts.encoder, parts.clock, parts.metrics) {
    parts.router = &router_;
  }

 private:
  orchestrator::Router router_;
};

}  // namespace

Made make_log(Parts& parts) {
  auto keys = open_call_keys(parts.config.data, parts.config.keys);
  if (!keys) return std::unexpected(keys.error());
  auto log = sqlite::SqliteLog::open(parts.config.data, parts.loop, parts.clock, **keys);
  if (!log) return std::unexpected(log.error());
  // Events never run backwards, though the system's clock was set back between two runs.
  if (auto const newest = (*log)->newest_event()) parts.clock.not_before(*newest);
  parts.log = log->get();
  parts.metrics.gauge("sotto_calls_damaged_total", "Live calls of an earlier run that were damaged and set aside",
                      [&log = **log] { return static_cast<double>(log.damaged()); });
  return std::make_unique<LogService>(std::move(*keys), std::move(*log));
}

Made make_bus(Parts& parts) { return std::make_unique<BusService>(parts); }

Made make_encoder(Parts& parts) {
  auto shard = MinilmShard::make({.folder = parts.config.models / "minilm"}, parts.loop, parts.clock);
  if (!shard) return std::unexpected(shard.error());
  parts.encoder = shard->get();
  return std::make_unique<EncoderService>(std::move(*shard));
}

Made make_recogniser(Parts& parts) {
  auto const& config = parts.config;
  auto const cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  auto recogniser =
      MoonshineRecognizer::make({.moonshine_dir = config.models / "moonshine",
                                 .silero_file = config.models / "silero" / "silero_vad.onnx",
                                 .workers = config.recogniser_threads > 0 ? config.recogniser_threads : cores},
                                parts.recognised, parts.clock);
  if (!recogniser) return std::unexpected(recogniser.error());
  parts.recogniser = recogniser->get();
  return std::make_unique<RecogniserService>(std::move(*recogniser));
}

Made make_library(Parts& parts) { return std::make_unique<LibraryService>(parts); }

Made make_router(Parts& parts) { return std::make_unique<RouterService>(parts); }

}  // namespace sotto::app
