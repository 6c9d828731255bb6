// Who may come: the tokens of the settings and what their bearers may do (docs/access.md).
//
//   tokens:
//     - { token_file: /etc/sotto/acme.token, tenant: acme, roles: [agent, supervisor] }
//     - { token_env: SCRAPER_TOKEN, roles: [metrics] }
//
// `token` (or token_file, or SOTTO_TOKEN) beside them has all roles of all tenants. Without any token whoever reaches
// the server may do everything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fields_yaml.h"
#include "call/scope.h"
#include "net/guard.h"

namespace sotto::app {

struct Config;

struct TokenSettings {
  std::string token_file, token_env;        // exactly one
  std::string tenant, region, team, agent;  // empty: any
  std::vector<Role> roles;

  Principal bearer() const;
};

// Every token that is set, read from its place. Errors: bad_config (cannot be read, empty, twice the same, too short
// for a server that listens beyond this machine, `open_to_others`); names the place, never the token.
Result<std::vector<net::Credential>> credentials_of(Config const& config, bool open_to_others);
// The first line of the file that a setting names, without its end.
Result<std::string> first_line(std::string const& file, std::string_view setting = "token_file");

}  // namespace sotto::app

namespace sotto {

template <>
struct Fields<app::TokenSettings> {
  using T = app::TokenSettings;
  static constexpr std::string_view title = "a token";
  static constexpr auto list = std::tuple(
      field("token_file", &T::token_file, {.text = "the file whose first line is the token; this or token_env"}),
      field("token_env", &T::token_env, {.text = "the variable of the environment that holds it"}),
      field("tenant", &T::tenant, {.text = "whose calls its bearer may see; without: any tenant's"}),
      field("region", &T::region, {.text = "heard by servers of which region; without: any"}),
      field("team", &T::team, {.text = "of which team; without: any"}),
      field("agent", &T::agent, {.text = "of which agent; without: any"}),
      field("roles", &T::roles, {.text = "what its bearer may do (docs/access.md)", .identity = true}));
  static std::optional<settings::Complaint> check(T const& token) {
    if (token.token_file.empty() == token.token_env.empty())
      return settings::Complaint{"", "it needs token_file or token_env, and not both"};
    if (token.roles.empty()) return settings::Complaint{"roles", "roles names at least one"};
    return std::nullopt;
  }
};

}  // namespace sotto
