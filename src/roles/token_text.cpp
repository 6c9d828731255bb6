#include "roles/token_text.h"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "adapters/files/file_bytes.h"
#include "base/yaml.h"

namespace sotto::app {

namespace {

constexpr std::string_view kHead =
    "# Who may come (docs/access.md). Servers whose setting token_records names this file read it again when it "
    "changes.\ntokens:\n";

// A JSON string is one of YAML's too.
std::string in_quotes(std::string_view text) { return boost::json::serialize(boost::json::string(text)); }

std::string line_of(TokenSettings const& token) {
  auto out = fmt::format("  - {{ name: {}, sha256: {}", in_quotes(token.name), in_quotes(token.sha256));
  for (auto const& [key, value] : {std::pair<std::string_view, std::string const&>{"tenant", token.tenant},
                                   {"region", token.region},
                                   {"team", token.team},
                                   {"agent", token.agent}})
    if (!value.empty()) out += fmt::format(", {}: {}", key, in_quotes(value));
  std::string roles;
  for (auto const role : token.roles)
    for (auto const& [name, named] : Names<Role>::list)
      if (named == role) roles += fmt::format("{}{}", roles.empty() ? "" : ", ", name);
  out += fmt::format(", roles: [{}]", roles);
  if (!token.expires.empty()) out += ", expires: " + in_quotes(token.expires);
  return out + " }\n";
}

bool has(std::vector<TokenSettings> const& records, std::string_view name) {
  return std::ranges::find(records, name, &TokenSettings::name) != records.end();
}

}  // namespace

Result<std::string> with_token(std::filesystem::path const& file, std::string const& text, TokenSettings const& token) {
  auto const before = parse_token_records(file, text);
  if (!before) return std::unexpected(before.error());
  if (has(*before, token.name))
    return fail("name_taken", fmt::format("{} has a token \"{}\": revoke it first, or choose another name",
                                          shown_path(file), token.name));
  auto out = before->empty() && text.find("tokens:") == std::string::npos ? text + std::string(kHead) : text;
  if (!out.ends_with('\n')) out += '\n';
  out += line_of(token);
  auto const after = parse_token_records(file, out);
  if (after && after->size() == before->size() + 1 && has(*after, token.name)) return out;
  // Of the record itself, or the file is a person's, written in another way.
  auto const alone = parse_token_records(file, std::string(kHead) + line_of(token));
  if (!alone) return fail("bad_config", alone.error().message.substr(alone.error().message.find(": ") + 2));
  return fail("bad_config", fmt::format("{}: a record cannot be added behind its last line; write it in by hand:\n{}",
                                        shown_path(file), line_of(token)));
}

Result<std::string> without_token(std::filesystem::path const& file, std::string const& text, std::string_view name) {
  auto const before = parse_token_records(file, text);
  if (!before) return std::unexpected(before.error());
  auto const at = std::ranges::find(*before, name, &TokenSettings::name);
  if (at == before->end()) return fail("no_such_token", fmt::format("{} has no token \"{}\"", shown_path(file), name));
  auto const loaded = language::load_yaml(text);
  auto const list = (*loaded)["tokens"];
  auto const index = static_cast<std::size_t>(at - before->begin());
  auto const first = list[index].Mark().line;
  auto past = index + 1 < list.size() ? list[index + 1].Mark().line : -1;
  std::string out;
  int line = 0;
  for (std::size_t from = 0; from < text.size(); ++line) {
    auto const end = std::min(text.find('\n', from), text.size() - 1) + 1;
    // The last record ends before what is no part of it: an empty line, a comment, another key.
    auto const shown = text.find_first_not_of(" \t", from);
    if (line > first && past < 0 && (shown >= end - 1 || text[shown] == '#' || shown == from)) past = line;
    bool const its = line >= first && (past < 0 || line < past);
    if (!its) out += text.substr(from, end - from);
    from = end;
  }
  auto const after = parse_token_records(file, out);
  if (after && after->size() + 1 == before->size() && !has(*after, name)) return out;
  return fail("bad_config", fmt::format("{}:{}: the record of \"{}\" does not stand on lines of its own; take it out "
                                        "by hand",
                                        shown_path(file), first + 1, name));
}

}  // namespace sotto::app
