#include <fmt/format.h>

#include "adapters/key_file/renewal.h"
#include "cli/commands.h"
#include "roles/config.h"

namespace sotto::app {

// What is left for a person to do.
static std::string_view what_now(Renewed const& renewed, std::filesystem::path const& fresh) {
  if (renewed.own) return "The new one stands in master.key beside them: replace the copy that you keep elsewhere.";
  if (renewed.before == MasterKeyPlace::own)
    return "Name its file in the configuration (keys: {file: ..}); then remove master.key, which opens nothing any "
           "more.";
  return fresh.empty() ? "" : "Put it where the server finds the old one before the next start.";
}

int run_keys_renew(KeysCommand const& command) {
  Config config;
  if (!command.config_file.empty()) {
    if (auto loaded = load_config(command.config_file, config); !loaded) {
      fmt::print(stderr, "{}\n", loaded.error().message);
      return 2;
    }
  }
  if (!command.data.empty()) config.data = command.data;
  if (config.store.shared()) {
    fmt::print(stderr, "sotto keys renew: the master key of a shared store cannot be renewed yet (docs/scale.md)\n");
    return 1;
  }
  auto const renewed = renew_master_key(config.data, config.keys, command.fresh);
  if (!renewed) {
    fmt::print(stderr, "sotto keys renew: {}\n", renewed.error().message);
    return 1;
  }
  fmt::print("{} keys of calls are sealed under a new master key. {}\n", renewed->keys,
             what_now(*renewed, command.fresh));
  return 0;
}

}  // namespace sotto::app
