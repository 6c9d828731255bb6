#include "cli/open_store.h"

#include "adapters/key_file/master_key.h"
#include "adapters/postgres/postgres_log.h"
#include "adapters/postgres/shared_keys.h"
#include "adapters/sqlite/sqlite_log.h"
#include "base/mutex.h"

namespace sotto::app {

Result<std::unique_ptr<OpenStore>> OpenStore::open(Config const& config) {
  std::unique_ptr<OpenStore> out(new OpenStore);
  auto const& store = config.store;
  if (store.shared()) {
    auto keys = postgres::open_shared_keys(store, config.keys, out->clock_, false);
    if (!keys) return std::unexpected(keys.error());
    out->keys_ = std::move(*keys);
    auto log = postgres::PostgresLog::open(store.postgresql, store.cluster, out->loop_, out->clock_, *out->keys_);
    if (!log) return std::unexpected(log.error());
    out->calls_ = log->get();
    out->log_ = std::move(*log);
    return out;
  }
  auto keys = open_call_keys(config.data, config.keys);
  if (!keys) return std::unexpected(keys.error());
  out->keys_ = std::move(*keys);
  auto log = sqlite::SqliteLog::open(config.data, out->loop_, out->clock_, *out->keys_);
  if (!log) return std::unexpected(log.error());
  out->calls_ = log->get();
  out->log_ = std::move(*log);
  return out;
}

void OpenStore::pause(Duration duration) {
  Mutex mutex;
  Condition never;
  Lock const hold(mutex);
  never.wait_for(mutex, duration);
}

OpenStore::~OpenStore() { log_.reset(); }

}  // namespace sotto::app
