// Who may come: tokens and what their bearers may do (docs/access.md). They stand in the settings, each read once from
// a place of its own, and as records in a file, which is read again when it changes:
//
//   tokens:
//     - { name: acme-desk, sha256: 9f86d0.., tenant: acme, roles: [agent, supervisor], expires: 2027-01-31 }
//     - { token_env: SCRAPER_TOKEN, roles: [metrics] }
//
// `token` (or token_file, or SOTTO_TOKEN) beside them has all roles of all tenants. Without any of these whoever
// reaches the server may do everything.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/fields_yaml.h"
#include "base/rfc3339.h"
#include "call/scope.h"

namespace sotto::app {

struct Config;

struct TokenSettings {
  std::string name;
  std::string sha256, token_file, token_env;  // exactly one
  std::string tenant, region, team, agent;    // empty: any
  std::vector<Role> roles;
  std::string expires;  // RFC 3339; empty: never

  // What it is called: its name, or the place where it stands.
  std::string const& label() const;
  Principal bearer() const;
};

// The file of records.
struct TokenRecords {
  std::vector<TokenSettings> tokens;
};

// A token as a process knows it: never the token itself.
struct Credential {
  std::string digest;  // SHA-256 as lower-case hex
  Principal bearer;
  std::optional<Time> until = std::nullopt;  // from then on it opens nothing
};

// Whether tokens are needed at all.
bool needs_tokens(Config const& config);
// The tokens of the settings, each read from its place. Errors: bad_config (cannot be read, empty, twice the same, too
// short for a server that listens beyond this machine, `open_to_others`); names the place, never the token.
Result<std::vector<Credential>> credentials_of(Config const& config, bool open_to_others);
// The records of a file, given its bytes. Error bad_config: every problem with file and line.
Result<std::vector<TokenSettings>> parse_token_records(std::filesystem::path const& file, std::string_view bytes);
// Those of `more` behind `known`. Error bad_config: one of them is there already.
Result<void> add_credentials(std::vector<Credential>& known, std::vector<TokenSettings> const& more);
// The first line of the file that a setting names, without its end.
Result<std::string> first_line(std::string const& file, std::string_view setting = "token_file");

}  // namespace sotto::app

namespace sotto {

template <>
struct Fields<app::TokenSettings> {
  using T = app::TokenSettings;
  static constexpr std::string_view title = "a token";
  static constexpr auto list = std::tuple(
      field("name", &T::name, {.text = "what its bearer is called in logs; without: the place where the token stands"}),
      field("sha256", &T::sha256,
            {.text = "SHA-256 of the token in hex, as `sotto token new` writes it; or token_file, or token_env"}),
      field("token_file", &T::token_file, {.text = "the file whose first line is the token"}),
      field("token_env", &T::token_env, {.text = "the variable of the environment that holds it"}),
      field("tenant", &T::tenant, {.text = "whose calls its bearer may see; without: any tenant's"}),
      field("region", &T::region, {.text = "heard by servers of which region; without: any"}),
      field("team", &T::team, {.text = "of which team; without: any"}),
      field("agent", &T::agent, {.text = "of which agent; without: any"}),
      field("roles", &T::roles, {.text = "what its bearer may do (docs/access.md)", .identity = true}),
      field("expires", &T::expires,
            {.text = "from when on it opens nothing: a day (its first moment, UTC) or a time (RFC 3339)"}));
  static std::optional<settings::Complaint> check(T const& token) {
    auto const places = !token.token_file.empty() + !token.token_env.empty() + !token.sha256.empty();
    if (places != 1) return settings::Complaint{"", "it needs sha256, token_file or token_env, and no two of them"};
    if (!token.sha256.empty()) {
      if (token.sha256.size() != 64 || token.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
        return settings::Complaint{"sha256", "sha256 is 64 letters of 0-9 and a-f"};
      if (token.name.empty()) return settings::Complaint{"sha256", "a token known by its sha256 needs a name"};
    }
    if (token.roles.empty()) return settings::Complaint{"roles", "roles names at least one"};
    if (!token.expires.empty() && !parse_rfc3339(token.expires))
      return settings::Complaint{"expires", "expires is a day (2027-01-31) or a time (2027-01-31T18:00:00Z)"};
    return std::nullopt;
  }
};

template <>
struct Fields<app::TokenRecords> {
  using T = app::TokenRecords;
  static constexpr std::string_view title = "";
  static constexpr auto list = std::tuple(field("tokens", &T::tokens, {.text = "the records, one a token"}));
};

}  // namespace sotto
