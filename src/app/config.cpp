#include "app/config.h"

#include <functional>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "app/roles.h"
#include "live/orchestrator/policy_parser.h"
#include "net/guard.h"
#include "net/server.h"

namespace sotto::app {

namespace {

struct Setting {
  char const* name;
  char const* meaning;
  std::function<void(YAML::Node const&, Config&)> read;  // throws YAML::Exception on a wrong type
  std::function<std::string(Config const&)> print;
};

template <typename T>
Setting text_setting(char const* name, char const* meaning, T Config::* field) {
  return {
      name, meaning, [field](YAML::Node const& node, Config& config) { config.*field = node.as<std::string>(); },
      [field](Config const& config) { return fmt::format("\"{}\"", std::filesystem::path(config.*field).string()); }};
}

std::vector<Setting> const& settings() {
  static std::vector<Setting> const table{
      text_setting("role", "what this process does: all, or asr (recognition for other machines, docs/asr.md)",
                   &Config::role),
      {"listen", "address and port; beyond this machine a token is needed",
       [](YAML::Node const& node, Config& config) { config.listen = node.as<std::string>(); },
       [](Config const& config) { return fmt::format("\"{}\"", listen_address(config)); }},
      {"token", "secret that sources, pages, scripts and clients of recognition must present",
       [](YAML::Node const& node, Config& config) { config.token = node.as<std::string>(); },
       [](Config const& config) { return config.token.empty() ? std::string("\"\"") : std::string("\"(set)\""); }},
      {"allowed_hosts", "names, beside loopback, under which browsers may reach this server",
       [](YAML::Node const& node, Config& config) { config.allowed_hosts = node.as<std::vector<std::string>>(); },
       [](Config const& config) { return fmt::format("[{}]", fmt::join(config.allowed_hosts, ", ")); }},
      text_setting("data", "folder of the store", &Config::data),
      text_setting("policies", "folder of policies, one folder a tenant", &Config::policies),
      text_setting("knowledge", "folder of knowledge articles, one folder a tenant", &Config::knowledge),
      text_setting("models", "folder of the model weights (make setup)", &Config::models),
      text_setting("web", "folder of the built page", &Config::web),
      text_setting("demos", "folder of the rendered demo calls (make demo)", &Config::demos),
      {"attention_budget", "show one cue at a time, at most one new one in 10 s; off only for measuring",
       [](YAML::Node const& node, Config& config) { config.attention_budget = node.as<bool>(); },
       [](Config const& config) { return std::string(config.attention_budget ? "true" : "false"); }},
      {"recogniser_threads", "recognition threads; 0: one a core",
       [](YAML::Node const& node, Config& config) { config.recogniser_threads = node.as<int>(); },
       [](Config const& config) { return std::to_string(config.recogniser_threads); }},
      {"asr_streams", "role asr: recogniser streams at once, one a channel; more are refused with 429",
       [](YAML::Node const& node, Config& config) { config.asr_streams = node.as<int>(); },
       [](Config const& config) { return std::to_string(config.asr_streams); }},
      text_setting("region", "where this server stands: recognisers of another region get no audio", &Config::region),
      {"audio_on_disk",
       "tenants that allow recording: while no recogniser answers, what memory (180 s) does not keep waits in a file",
       [](YAML::Node const& node, Config& config) { config.audio_on_disk = node.as<std::vector<std::string>>(); },
       [](Config const& config) { return fmt::format("[{}]", fmt::join(config.audio_on_disk, ", ")); }},
      {"recognisers", "servers of Deepgram's protocol that may hear calls (docs/asr.md)",
       [](YAML::Node const& node, Config& config) { config.recognisers = read_recognisers(node); },
       [](Config const& config) {
         std::string out = "[";
         for (auto const& one : config.recognisers) {
           bool const key = !one.key_file.empty() || !one.key_env.empty();
           out += fmt::format("{}{{name: {}, url: \"{}\", region: \"{}\", key: {}}}", out.size() > 1 ? ", " : "",
                              one.name, one.url, one.region, key ? "\"(set)\"" : "\"\"");
         }
         return out + "]";
       }},
      {"chains", "whose calls are heard by which recognisers, the best first; without any: local, in this process",
       [](YAML::Node const& node, Config& config) { config.chains = read_chains(node); },
       [](Config const& config) {
         std::string out = "[";
         for (auto const& chain : config.chains) {
           out += fmt::format("{}{{tenant: \"{}\", use: [{}]}}", out.size() > 1 ? ", " : "", chain.tenant,
                              fmt::join(chain.use, ", "));
         }
         return out + "]";
       }},
      {"webhooks", "systems that policies may have told, by name (docs/webhooks.md)",
       [](YAML::Node const& node, Config& config) { config.webhooks = read_webhooks(node); },
       [](Config const& config) { return print_webhooks(config.webhooks); }},
      {"masked",
       "numbers hidden beside cards and their codes: account, iban, identity; a list for a tenant, or for all",
       [](YAML::Node const& node, Config& config) { config.masked = read_masking(node); },
       [](Config const& config) { return print_masking(config.masked); }},
      text_setting("log_level", "debug, info, warn or error", &Config::log_level),
  };
  return table;
}

}  // namespace

Result<void> load_config(std::filesystem::path const& file, Config& config) {
  YAML::Node root;
  try {
    root = YAML::LoadFile(file.string());
  } catch (YAML::BadFile const&) {
    return fail("bad_config", fmt::format("{}: cannot be read", file.string()));
  } catch (YAML::Exception const& error) {
    return fail("bad_config", fmt::format("{}:{}: {}", file.string(), error.mark.line + 1, error.msg));
  }
  if (root.IsNull()) return {};
  if (!root.IsMap()) return fail("bad_config", fmt::format("{}:1: expected a list of `setting: value`", file.string()));
  std::string problems;
  for (auto const& entry : root) {
    auto const name = entry.first.as<std::string>("");
    auto const line = entry.first.Mark().line + 1;
    auto const& table = settings();
    auto const setting = std::ranges::find_if(table, [&](Setting const& s) { return s.name == name; });
    if (setting == table.end()) {
      if (name == "emotion")
        problems += fmt::format("{}:{}: {}\n", file.string(), line, orchestrator::kEmotionIsRefused);
      else problems += fmt::format("{}:{}: unknown setting \"{}\"\n", file.string(), line, name);
      continue;
    }
    try {
      setting->read(entry.second, config);
    } catch (YAML::RepresentationException const& error) {
      if (dynamic_cast<YAML::BadConversion const*>(&error) == nullptr) {
        problems += fmt::format("{}:{}: {}\n", file.string(), error.mark.line + 1, error.msg);
        continue;
      }
      problems += fmt::format("{}:{}: \"{}\" has a value of the wrong type ({})\n", file.string(), line, name,
                              setting->meaning);
    }
  }
  if (problems.empty()) return {};
  problems.pop_back();
  return fail("bad_config", problems);
}

std::string listen_address(Config const& config) {
  if (!config.listen.empty()) return config.listen;
  auto const role = find_role(config.role);
  return std::string(role ? (*role)->listen : "");
}

Result<void> check_config(Config const& config) {
  if (auto const role = find_role(config.role); !role) return std::unexpected(role.error());
  auto const address = listen_address(config);
  auto const listen = net::parse_listen(address);
  if (!listen) return std::unexpected(listen.error());
  if (!net::is_loopback(listen->first) && config.token.empty()) {
    return fail("bad_config", fmt::format("listening on {} opens the server to other machines: set --token (--key of "
                                          "`sotto asr`, or `token` in the configuration)",
                                          address));
  }
  if (config.recogniser_threads < 0 || config.recogniser_threads > 256) {
    return fail("bad_config", "recogniser_threads must be 0 to 256");
  }
  if (config.asr_streams < 1 || config.asr_streams > 10'000) {
    return fail("bad_config", "asr_streams must be 1 to 10000");
  }
  if (auto checked = check_recognisers(config.recognisers, config.chains, config.region); !checked) return checked;
  if (auto checked = check_webhooks(config.webhooks); !checked) return checked;
  static std::set<std::string> const levels{"debug", "info", "warn", "error"};
  if (!levels.contains(config.log_level)) return fail("bad_config", "log_level must be debug, info, warn or error");
  return {};
}

std::string print_config(Config const& config) {
  std::string out;
  for (auto const& setting : settings())
    out += fmt::format("# {}\n{}: {}\n", setting.meaning, setting.name, setting.print(config));
  return out;
}

}  // namespace sotto::app
