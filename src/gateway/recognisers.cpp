#include "gateway/recognisers.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/openssl/secrets.h"
#include "net/guard.h"

namespace sotto::app {

namespace {

// Empty where none is set. Errors name the place, never the key.
Result<std::string> read_key(RecogniserSettings const& settings) {
  if (!settings.key_env.empty()) {
    auto const* value = std::getenv(settings.key_env.c_str());
    if (!value || !*value)
      return fail("bad_config", fmt::format("{}: the environment has no {}", settings.name, settings.key_env));
    return std::string(value);
  }
  if (settings.key_file.empty()) return std::string();
  std::ifstream file(settings.key_file);
  std::string key;
  if (!std::getline(file, key) || key.empty()) {
    return fail("bad_config", fmt::format("{}: no key in the first line of {}", settings.name, settings.key_file));
  }
  return key;
}

Result<deepgram::DeepgramOptions> options_of(RecogniserSettings const& settings) {
  auto url = net::parse_socket_url(settings.url);
  if (!url) return std::unexpected(url.error());
  auto const key = read_key(settings);
  if (!key) return std::unexpected(key.error());
  deepgram::DeepgramOptions options{.name = settings.name, .address = url->first, .path = url->second, .query = {}};
  bool const here = net::is_loopback(url->first.host);
  if (!here && settings.region.empty()) {
    return fail("bad_config", settings.name + ": a recogniser on another machine needs the region it stands in");
  }
  if (!key->empty()) options.address.authorization = "Token " + *key;
  if (options.address.tls) {
    auto trust = net::trust_authorities(settings.authorities);
    if (!trust) return fail("bad_config", settings.name + ": " + trust.error().message);
    options.address.trust = std::move(*trust);
  }
  options.query.model = settings.model;
  options.query.language = settings.language;
  options.query.punctuate = options.query.smart_format = true;
  options.query.keyterms = settings.keyterms;
  options.query.diarize = settings.diarize;
  if (settings.endpointing_ms) {
    options.query.endpointing = settings.endpointing_ms;
    options.query.endpointing_given = true;
  }
  for (auto const& [name, value] : settings.parameters) options.query.others.emplace_back(name, value);
  options.session.chunk = std::chrono::milliseconds(settings.chunk_ms);
  options.session.pace = settings.pace;
  return options;
}

// Servers of a fleet must not come back in step.
std::uint64_t seed() { return std::stoull(random_hex(7), nullptr, 16) | 1; }

}  // namespace

std::optional<settings::Complaint> check_recogniser(RecogniserSettings const& recogniser) {
  using settings::Complaint;
  if (recogniser.name.empty() || recogniser.name == kLocalRecogniser)
    return Complaint{"name", fmt::format("it needs a name, and \"{}\" is the one in this process", kLocalRecogniser)};
  if (auto const url = net::parse_socket_url(recogniser.url); !url) return Complaint{"url", url.error().message};
  if (!recogniser.key_file.empty() && !recogniser.key_env.empty())
    return Complaint{"", recogniser.name + ": key_file or key_env, not both"};
  return std::nullopt;
}

Result<void> check_recognisers(std::vector<RecogniserSettings> const& recognisers,
                               std::vector<ChainSettings> const& chains, std::string const& region) {
  for (auto const& chain : chains) {
    std::set<std::string> seen;
    for (auto const& name : chain.use) {
      if (!seen.insert(name).second)
        return fail("bad_config", fmt::format("chains: \"{}\" stands twice in one chain", name));
      if (name == kLocalRecogniser) continue;
      auto const found = std::ranges::find(recognisers, name, &RecogniserSettings::name);
      if (found == recognisers.end()) {
        return fail("bad_config",
                    fmt::format("chains: \"{}\" is neither \"{}\" nor one of recognisers", name, kLocalRecogniser));
      }
      if (found->region != region) {
        return fail("bad_config",
                    fmt::format("chains: audio of region \"{}\" must not go to {}, which is in region \"{}\"", region,
                                name, found->region));
      }
      if (auto const options = options_of(*found); !options) return std::unexpected(options.error());
    }
  }
  return {};
}

Result<std::unique_ptr<EngineSet>> EngineSet::make(std::vector<RecogniserSettings> const& recognisers,
                                                   std::vector<ChainSettings> const& chains, Recognizer& local,
                                                   net::Loop& loop, Clock const& clock) {
  auto set = std::make_unique<EngineSet>();
  auto const engine = [&](std::string const& name) -> Result<Recognizer*> {
    if (name == kLocalRecogniser) return &local;
    auto& recognizer = set->remote_[name];
    if (!recognizer) {
      auto options = options_of(*std::ranges::find(recognisers, name, &RecogniserSettings::name));
      if (!options) return std::unexpected(options.error());
      auto const& address = options->address;
      if (!address.tls && !address.authorization.empty() && !net::is_loopback(address.host)) {
        spdlog::warn("recogniser {}: its key and all audio travel readable over ws://", name);
      }
      recognizer = std::make_unique<deepgram::DeepgramRecognizer>(std::move(*options), loop, clock);
    }
    return recognizer.get();
  };
  std::vector<gateway::NamedRecognizer> others{{kLocalRecogniser, &local}};
  std::map<std::string, gateway::EnginesInChain> tenants;
  for (auto const& chain : chains) {
    std::vector<gateway::NamedRecognizer> engines;
    for (auto const& name : chain.use) {
      auto found = engine(name);
      if (!found) return std::unexpected(found.error());
      engines.push_back({name, *found});
    }
    if (chain.tenant.empty()) {
      others = std::move(engines);
    } else {
      tenants.emplace(chain.tenant, gateway::EnginesInChain(engines, seed()));
    }
  }
  set->engines_ = std::make_unique<gateway::Engines>(gateway::EnginesInChain(others, seed()), std::move(tenants));
  return set;
}

}  // namespace sotto::app
