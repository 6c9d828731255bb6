// `sotto store`: the place where calls are kept, looked after while servers run or not.
#include <fstream>

#include <fmt/format.h>
#include <sys/stat.h>

#include "adapters/postgres/shared_keys.h"
#include "adapters/postgres/store.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/store_copy.h"
#include "roles/config.h"

namespace sotto::app {

namespace {

int say(std::string_view name, Error const& error) {
  fmt::print(stderr, "sotto store {}: {}\n", name, one_line(error.message, 1000));
  return 1;
}

Result<Config> config_of(std::filesystem::path const& file) {
  Config config;
  if (auto loaded = load_config(file, config); !loaded) return std::unexpected(loaded.error());
  if (!config.store.shared())
    return fail("bad_config", file.string() + " names no shared store: set `store: {postgresql: ..}` (docs/scale.md)");
  return config;
}

}  // namespace

int run_store_migrate(MigrateCommand const& command) {
  auto const config = config_of(command.config_file);
  if (!config) return say("migrate", config.error());
  auto const& store = config->store;
  auto const& address = command.as.empty() ? store.postgresql : command.as;
  auto const connection = postgres::Connection::open(address, std::chrono::minutes(10));
  if (!connection) return say("migrate", connection.error());
  auto const role = command.role.empty() ? postgres::user_of(store.postgresql) : command.role;
  auto const steps = postgres::migrate(**connection, store.cluster, role);
  if (!steps) return say("migrate", steps.error());
  SystemClock const clock;
  if (auto const keys = postgres::open_shared_keys(store, config->keys, clock, true); !keys)
    return say("migrate", keys.error());
  auto const facts = postgres::facts_of(**connection);
  if (!facts) return say("migrate", facts.error());
  fmt::print("The store of cluster {} is of version {}{}; role {} may work on it.\n", store.cluster, facts->version,
             *steps == 0 ? ", as it was" : "", role);
  return 0;
}

int run_store_check(std::filesystem::path const& config_file) {
  auto const config = config_of(config_file);
  if (!config) return say("check", config.error());
  auto const& store = config->store;
  auto const connection = postgres::Connection::open(store.postgresql, std::chrono::seconds(30));
  if (!connection) return say("check", connection.error());
  if (auto const checked = postgres::check_store(**connection, store.cluster); !checked)
    return say("check", checked.error());
  SystemClock const clock;
  auto const keys = postgres::open_shared_keys(store, config->keys, clock, false);
  if (!keys) return say("check", keys.error());
  auto const facts = postgres::facts_of(**connection);
  if (!facts) return say("check", facts.error());
  fmt::print("The store of cluster {} is of version {}, and role {} may work on it.\n", store.cluster, facts->version,
             facts->role);
  return 0;
}

namespace {

Progress on_terminal(char const* done) {
  return [done](std::size_t calls) { fmt::print(stderr, "{} calls {}\n", calls, done); };
}

Result<Config> any_config(StoreFile const& command) {
  Config config;
  if (!command.config_file.empty()) {
    if (auto loaded = load_config(command.config_file, config); !loaded) return std::unexpected(loaded.error());
  }
  if (!command.data.empty()) config.data = command.data;
  return config;
}

}  // namespace

int run_store_export(StoreFile const& command) {
  auto const config = any_config(command);
  if (!config) return say("export", config.error());
  if (std::filesystem::exists(command.file))
    return say("export", {"exists", command.file.string() + " is there already: name another file"});
  auto const store = OpenStore::open(*config);
  if (!store) return say("export", store.error());
  auto const mask = ::umask(0077);  // it holds what was said, in the clear
  std::ofstream out(command.file, std::ios::binary);
  ::umask(mask);
  if (!out) return say("export", {"cannot_write", command.file.string() + " cannot be written"});
  auto const copied = export_store(**store, out, on_terminal("written"));
  if (!copied) {
    out.close();
    std::error_code gone;
    std::filesystem::remove(command.file, gone);
    return say("export", copied.error());
  }
  fmt::print("{} calls with {} events are in {}, in the clear: keep it as you keep recordings.{}\n", copied->calls,
             copied->events, command.file.string(),
             copied->damaged > 0 ? fmt::format(" {} calls are damaged and were left out.", copied->damaged) : "");
  return 0;
}

int run_store_import(StoreFile const& command) {
  auto const config = any_config(command);
  if (!config) return say("import", config.error());
  std::ifstream in(command.file, std::ios::binary);
  if (!in) return say("import", {"no_file", command.file.string() + " cannot be read"});
  auto const store = OpenStore::open(*config);
  if (!store) return say("import", store.error());
  auto const copied = import_store(**store, in, on_terminal("taken"));
  if (!copied) return say("import", copied.error());
  fmt::print("{} calls with {} events are in the store.\n", copied->calls, copied->events);
  return 0;
}

}  // namespace sotto::app
