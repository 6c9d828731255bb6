// The module `log`: calls in SQLite, of this process alone, or in PostgreSQL, which many share.
#include <condition_variable>
#include <thread>

#include <spdlog/spdlog.h>

#include "adapters/key_file/master_key.h"
#include "adapters/postgres/postgres_log.h"
#include "adapters/postgres/shared_keys.h"
#include "adapters/sqlite/sqlite_log.h"
#include "base/mutex.h"
#include "roles/makers.h"

namespace sotto::app {

namespace {

void count_damaged(Parts& parts, std::function<std::size_t()> damaged) {
  parts.metrics.gauge("sotto_calls_damaged_total", "Live calls of an earlier run that were damaged and set aside",
                      [damaged = std::move(damaged)] { return static_cast<double>(damaged()); });
}

class EmbeddedStore final : public Service {
 public:
  EmbeddedStore(std::unique_ptr<CallKeys> keys, std::unique_ptr<sqlite::SqliteLog> log)
      : keys_(std::move(keys)), log_(std::move(log)) {}

 private:
  std::unique_ptr<CallKeys> keys_;
  std::unique_ptr<sqlite::SqliteLog> log_;
};

Made make_embedded(Parts& parts) {
  auto keys = open_call_keys(parts.config.data, parts.config.keys);
  if (!keys) return std::unexpected(keys.error());
  auto log = sqlite::SqliteLog::open(parts.config.data, parts.loop, parts.clock, **keys);
  if (!log) return std::unexpected(log.error());
  // Events never run backwards, though the system's clock was set back between two runs.
  if (auto const newest = (*log)->newest_event()) parts.clock.not_before(*newest);
  parts.log = log->get();
  parts.calls = log->get();
  count_damaged(parts, [&log = **log] { return log.damaged(); });
  return std::make_unique<EmbeddedStore>(std::move(*keys), std::move(*log));
}

class SharedStore final : public Service {
 public:
  SharedStore(std::unique_ptr<postgres::PostgresKeys> keys, std::unique_ptr<postgres::PostgresLog> log, Duration epoch)
      : keys_(std::move(keys)),
        log_(std::move(log)),
        upkeep_([this, epoch](std::stop_token const& stop) { keep_up(stop, epoch); }) {}

 private:
  // On a thread of its own: it waits for the database.
  void keep_up(std::stop_token const& stop, Duration epoch) {
    Mutex mutex;
    Condition never;
    while (!stop.stop_requested()) {
      if (auto done = keys_->upkeep(epoch); !done)
        spdlog::warn("the keys of calls: {}; it is tried again", done.error().message);
      Lock const hold(mutex);
      never.wait_for(mutex, stop, std::chrono::minutes(1), [] { return false; });
    }
  }

  std::unique_ptr<postgres::PostgresKeys> keys_;
  std::unique_ptr<postgres::PostgresLog> log_;
  std::jthread upkeep_;
};

Made make_shared_store(Parts& parts) {
  auto const& store = parts.config.store;
  auto keys = postgres::open_shared_keys(store, parts.config.keys, parts.clock, false);
  if (!keys) return std::unexpected(keys.error());
  auto log = postgres::PostgresLog::open(store.postgresql, store.cluster, parts.loop, parts.clock, **keys);
  if (!log) return std::unexpected(log.error());
  parts.clock.not_before((*log)->newest_event());
  parts.ticket_secret = (*keys)->secret("tickets");
  parts.key_of_hour = [&keys = **keys](KeyId id) { return keys.epoch_key(id); };
  parts.log = log->get();
  parts.calls = log->get();
  count_damaged(parts, [&log = **log] { return log.damaged(); });
  return std::make_unique<SharedStore>(std::move(*keys), std::move(*log), std::chrono::minutes(store.epoch_minutes));
}

}  // namespace

Made make_log(Parts& parts) { return parts.config.store.shared() ? make_shared_store(parts) : make_embedded(parts); }

}  // namespace sotto::app
