#include "roles/principals.h"

#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include "roles/config.h"

namespace sotto::app {

namespace {

// Nobody guesses as many letters, however fast (net/http_connection.cpp slows them down).
constexpr std::size_t kTokenMin = 20;

Result<std::string> read_secret(TokenSettings const& token) {
  if (!token.token_file.empty()) return first_line(token.token_file);
  auto const* const value = std::getenv(token.token_env.c_str());
  if (!value || !*value) return fail("bad_config", fmt::format("tokens: the environment has no {}", token.token_env));
  return std::string(value);
}

std::string place_of(TokenSettings const& token) {
  return token.token_file.empty() ? token.token_env : token.token_file;
}

}  // namespace

Principal TokenSettings::bearer() const {
  Principal out{.scope = {.tenant = tenant, .region = region, .team = team, .agent = agent}, .roles = {}};
  for (auto const role : roles) out.roles.add(role);
  return out;
}

Result<std::string> first_line(std::string const& file, std::string_view setting) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line) || line.empty())
    return fail("bad_config", fmt::format("{} {}: no first line can be read", setting, file));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

Result<std::vector<net::Credential>> credentials_of(Config const& config, bool open_to_others) {
  std::vector<net::Credential> out;
  auto const add = [&](std::string token, std::string const& place, Principal bearer) -> Result<void> {
    if (open_to_others && token.size() < kTokenMin) {
      return fail("bad_config", fmt::format("{} has {} characters; beyond this machine at least {}, for instance "
                                            "`openssl rand -hex 24`",
                                            place, token.size(), kTokenMin));
    }
    if (net::bearer_of(out, token))
      return fail("bad_config",
                  fmt::format("{}: another token is the same: who its bearer is would be unclear", place));
    out.push_back({std::move(token), std::move(bearer)});
    return {};
  };
  if (!config.token.empty()) {
    if (auto added = add(config.token, "the token", Principal::everyone()); !added)
      return std::unexpected(added.error());
  }
  for (auto const& settings : config.tokens) {
    auto token = read_secret(settings);
    if (!token) return std::unexpected(token.error());
    if (auto added = add(std::move(*token), "the token of " + place_of(settings), settings.bearer()); !added)
      return std::unexpected(added.error());
  }
  return out;
}

}  // namespace sotto::app
