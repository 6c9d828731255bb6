#include "roles/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "adapters/files/file_bytes.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "net/guard.h"
#include "net/url.h"
#include "policy/parser.h"
#include "roles/module.h"

namespace sotto::app {

Result<void> load_config(std::filesystem::path const& file, Config& config) {
  auto const bytes = read_bytes(file, limits::kSettingsBytesMax);
  if (!bytes) return fail("bad_config", fmt::format("{}: {}", shown_path(file), bytes.error().message));
  auto const loaded = language::load_yaml(*bytes);
  if (!loaded)
    return fail("bad_config", fmt::format("{}:{}: {}", file.string(), loaded.error().line, loaded.error().reason));
  auto const& root = *loaded;
  if (root.IsNull()) return {};
  if (!root.IsMap()) return fail("bad_config", fmt::format("{}:1: expected a list of `setting: value`", file.string()));
  settings::Problems problems;
  settings::read_section(root, config, "", problems);
  if (problems.empty()) return {};
  std::string all;
  for (auto const& [line, text] : problems)
    all += fmt::format("{}{}:{}: {}", all.empty() ? "" : "\n", file.string(), line, text);
  return fail("bad_config", all);
}

Result<void> read_token_file(Config& config) {
  if (config.token_file.empty() || !config.token.empty()) return {};
  auto token = first_line(config.token_file.string());
  if (!token) return std::unexpected(token.error());
  config.token = std::move(*token);
  return {};
}

TenantShare share_of_every(Config const& config) {
  return {.percent = config.tenant_share, .stored_mib = config.tenant_stored_mib};
}

std::map<std::string, TenantShare, std::less<>> shares_of(Config const& config) {
  std::map<std::string, TenantShare, std::less<>> out;
  for (auto const& share : config.shares)
    out[share.tenant] = {.percent = share.percent,
                         .stored_mib = share.stored_mib > 0 ? share.stored_mib : config.tenant_stored_mib};
  return out;
}

std::string listen_address(Config const& config) {
  if (!config.listen.empty()) return config.listen;
  return std::string(listen_default(config.role));
}

Result<void> check_config(Config const& config) {
  if (auto const named = modules_of(config.role); !named) return std::unexpected(named.error());
  auto const address = listen_address(config);
  auto const listen = net::parse_listen(address);
  if (!listen) return std::unexpected(listen.error());
  bool const open_to_others = !net::is_loopback(listen->first);
  if (open_to_others && !needs_tokens(config)) {
    return fail("bad_config", fmt::format("listening on {} opens the server to other machines: set --token (--key of "
                                          "`sotto asr`, or `token` in the configuration)",
                                          address));
  }
  if (auto known = credentials_of(config, open_to_others); !known) return std::unexpected(known.error());
  if (auto const wrong = settings::against(config); !wrong.empty()) return fail("bad_config", wrong);
  if (auto checked = check_recognisers(config.recognisers, config.chains, config.region); !checked) return checked;
  if (!config.store.shared() && !config.store.epochs.empty())
    return fail("bad_config",
                "store: `epochs` is of a store that processes share: set `postgresql` too, or take `store` out");
  if (config.bus.shared() && !config.store.shared())
    return fail("bad_config", "bus: processes that share a bus share a store too: set `store: {postgresql: ..}`");
  if (auto const gateway = net::parse_listen(config.demo_gateway); !config.demo_gateway.empty() && !gateway)
    return fail("bad_config", "demo_gateway: " + gateway.error().message);
  if (auto checked = check_webhooks(config.webhooks); !checked) return checked;
  return {};
}

std::string print_config(Config const& config) {
  auto shown = config;
  shown.listen = listen_address(config);
  return settings::print(shown);
}

}  // namespace sotto::app

std::string sotto::Fields<sotto::app::Config>::instead_of(std::string_view key) {
  return key == "emotion" ? std::string(policy::kEmotionIsRefused) : "";
}
