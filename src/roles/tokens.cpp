#include "roles/tokens.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include "adapters/files/file_bytes.h"
#include "adapters/openssl/secrets.h"
#include "base/yaml.h"
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

Result<void> add(std::vector<Credential>& known, Credential credential) {
  if (std::ranges::find(known, credential.digest, &Credential::digest) != known.end())
    return fail("bad_config", fmt::format("the token of {}: another token is the same: who its bearer is would be "
                                          "unclear",
                                          credential.bearer.name));
  known.push_back(std::move(credential));
  return {};
}

Credential credential_of(TokenSettings const& token, std::string sha256) {
  return {.digest = std::move(sha256), .bearer = token.bearer(), .until = parse_rfc3339(token.expires)};
}

}  // namespace

std::string const& TokenSettings::label() const {
  if (!name.empty()) return name;
  return token_file.empty() ? token_env : token_file;
}

Principal TokenSettings::bearer() const {
  Principal out{
      .name = label(), .scope = {.tenant = tenant, .region = region, .team = team, .agent = agent}, .roles = {}};
  for (auto const role : roles) out.roles.add(role);
  return out;
}

bool needs_tokens(Config const& config) {
  return !config.token.empty() || !config.tokens.empty() || !config.token_records.empty();
}

Result<std::string> first_line(std::string const& file, std::string_view setting) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line) || line.empty())
    return fail("bad_config", fmt::format("{} {}: no first line can be read", setting, file));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

Result<std::vector<Credential>> credentials_of(Config const& config, bool open_to_others) {
  std::vector<Credential> out;
  auto const add_secret = [&](std::string const& token, Credential credential) -> Result<void> {
    if (open_to_others && token.size() < kTokenMin) {
      return fail("bad_config", fmt::format("the token of {} has {} characters; beyond this machine at least {}, for "
                                            "instance `openssl rand -hex 24`",
                                            credential.bearer.name, token.size(), kTokenMin));
    }
    return add(out, std::move(credential));
  };
  if (!config.token.empty()) {
    auto everyone = Principal::everyone();
    everyone.name = "the setting token";
    if (auto added = add_secret(config.token, {.digest = digest(config.token), .bearer = std::move(everyone)}); !added)
      return std::unexpected(added.error());
  }
  for (auto const& settings : config.tokens) {
    if (!settings.sha256.empty()) {
      if (auto added = add(out, credential_of(settings, settings.sha256)); !added)
        return std::unexpected(added.error());
      continue;
    }
    auto const token = read_secret(settings);
    if (!token) return std::unexpected(token.error());
    if (auto added = add_secret(*token, credential_of(settings, digest(*token))); !added)
      return std::unexpected(added.error());
  }
  return out;
}

Result<std::vector<TokenSettings>> parse_token_records(std::filesystem::path const& file, std::string_view bytes) {
  auto const loaded = language::load_yaml(bytes);
  if (!loaded)
    return fail("bad_config", fmt::format("{}:{}: {}", shown_path(file), loaded.error().line, loaded.error().reason));
  bool const nobody = loaded->IsMap() && loaded->size() == 1 && loaded->begin()->second.IsNull();  // `tokens:` alone
  if (loaded->IsNull() || nobody) return std::vector<TokenSettings>();
  if (!loaded->IsMap()) return fail("bad_config", fmt::format("{}:1: expected `tokens:` and a list", shown_path(file)));
  TokenRecords records;
  settings::Problems problems;
  settings::read_section(*loaded, records, "", problems);
  std::string all;
  for (auto const& [line, text] : problems)
    all += fmt::format("{}{}:{}: {}", all.empty() ? "" : "\n", shown_path(file), line, text);
  for (auto const& token : records.tokens) {
    if (token.sha256.empty())
      all +=
          fmt::format("{}{}: {}: a record holds the sha256 of a token (`sotto token new` writes it), no place of one",
                      all.empty() ? "" : "\n", shown_path(file), token.label());
  }
  if (!all.empty()) return fail("bad_config", all);
  return std::move(records.tokens);
}

Result<void> add_credentials(std::vector<Credential>& known, std::vector<TokenSettings> const& more) {
  for (auto const& token : more)
    if (auto added = add(known, credential_of(token, token.sha256)); !added) return added;
  return {};
}

}  // namespace sotto::app
