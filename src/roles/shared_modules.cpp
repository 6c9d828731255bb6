// The modules that roles stand on: the bus, models, and what tenants brought.
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/memory_bus/memory_bus.h"
#include "adapters/minilm/shard.h"
#include "adapters/moonshine/recognizer.h"
#include "adapters/redis/redis_bus.h"
#include "adapters/sqlite/sqlite_versions.h"
#include "base/utf8.h"
#include "library/library.h"
#include "orchestrator/router.h"
#include "roles/makers.h"
#include "webhooks/webhooks.h"

namespace sotto::app {

namespace {

class BusInProcess final : public Service {
 public:
  explicit BusInProcess(Parts& parts) { parts.bus = &bus_; }

 private:
  MemoryBus bus_;
};

class SharedBus final : public Service {
 public:
  SharedBus(Parts& parts, std::unique_ptr<redis::RedisBus> bus) : bus_(std::move(bus)) {
    parts.bus = bus_.get();
    parts.loop.every("commands of the bus", std::chrono::milliseconds(50), [this] { bus_->tick(); });
    parts.metrics.gauge("sotto_bus_dropped_total", "Notices that other processes were not told of: they read the log",
                        [this] { return static_cast<double>(bus_->dropped()); });
  }
  std::vector<std::string> notes() const override {
    auto const trouble = bus_->trouble();
    return trouble.empty() ? std::vector<std::string>()
                           : std::vector{"words and cues of other processes come late: " + trouble};
  }

 private:
  std::unique_ptr<redis::RedisBus> bus_;
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
                 parts.config.models / "minilm") {
    library_.use_webhooks(std::bind_front(why_no_webhook, parts.config.webhooks));
    library_.use_word_list(parts.config.models / "minilm" / "vocab.txt");
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

Made make_bus(Parts& parts) {
  auto const& config = parts.config;
  if (!config.bus.shared()) return std::make_unique<BusInProcess>(parts);
  auto settings = config.bus;
  if (!settings.password_file.empty()) {
    auto password = first_line(settings.password_file, "bus.password_file");
    if (!password) return std::unexpected(password.error());
    settings.password = std::move(*password);
  }
  auto bus =
      redis::RedisBus::open(std::move(settings), config.store.cluster, parts.worker, parts.loop, parts.key_of_hour);
  if (!bus) return std::unexpected(bus.error());
  return std::make_unique<SharedBus>(parts, std::move(*bus));
}

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
      MoonshineRecognizer::make({.models = config.models,
                                 .names = {.finals = config.final_model, .partials = config.partial_model},
                                 .workers = config.recogniser_threads > 0 ? config.recogniser_threads : cores},
                                parts.recognised, parts.clock);
  if (!recogniser) return std::unexpected(recogniser.error());
  parts.recogniser = recogniser->get();
  return std::make_unique<RecogniserService>(std::move(*recogniser));
}

Made make_library(Parts& parts) { return std::make_unique<LibraryService>(parts); }

Made make_router(Parts& parts) { return std::make_unique<RouterService>(parts); }

}  // namespace sotto::app
