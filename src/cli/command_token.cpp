// `sotto token`: the file of token records, changed line by line.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "adapters/files/file_bytes.h"
#include "adapters/openssl/secrets.h"
#include "base/clock.h"
#include "base/limits.h"
#include "cli/access_commands.h"
#include "cli/flags.h"
#include "roles/token_text.h"

namespace sotto::app {

namespace {

struct TokenCommand {
  std::filesystem::path file;
  TokenSettings token;
  std::vector<std::string> roles;
};

int say(std::string_view name, Error const& error) {
  fmt::print(stderr, "sotto token {}: {}\n", name, error.message);
  return 1;
}

// A file that is not there holds nothing.
Result<std::string> text_of(std::filesystem::path const& file, bool may_be_new) {
  std::error_code wrong;
  if (may_be_new && !std::filesystem::exists(file, wrong) && !wrong) return std::string();
  auto bytes = read_bytes(file, limits::kSettingsBytesMax);
  if (!bytes) return fail(bytes.error().code, shown_path(file) + ": " + bytes.error().message);
  return bytes;
}

// Whole or not at all: a server may read it at any moment. As open to others as it was before; new: to its owner alone.
Result<void> replace(std::filesystem::path const& file, std::string const& text) {
  auto const failed = [&] { return fail("unwritable", shown_path(file) + ": " + std::strerror(errno)); };
  struct stat before{};
  auto const mode = ::stat(file.c_str(), &before) == 0 ? before.st_mode & 0777 : 0600;
  auto const fresh = file.string() + ".new";
  auto const out = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) return failed();
  bool const written = ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fchmod(out, mode) == 0 && ::fsync(out) == 0;
  auto const number = errno;
  ::close(out);
  errno = number;
  if (written && ::rename(fresh.c_str(), file.c_str()) == 0) return {};
  auto const why = failed();
  ::unlink(fresh.c_str());
  return why;
}

int run_new(TokenCommand& command) {
  auto const text = text_of(command.file, true);
  if (!text) return say("new", text.error());
  for (auto const& wanted : command.roles)
    for (auto const& [name, role] : Names<Role>::list)
      if (name == wanted) command.token.roles.push_back(role);
  auto const token = "sotto_" + random_hex(24);
  command.token.sha256 = digest(token);
  auto const changed = with_token(command.file, *text, command.token);
  if (!changed) return say("new", changed.error());
  if (auto const done = replace(command.file, *changed); !done) return say("new", done.error());
  fmt::print("{}\n", token);
  fmt::print(stderr, "This is the token of {}. It is shown this once: {} holds only its digest.\n", command.token.name,
             shown_path(command.file));
  return 0;
}

int run_revoke(TokenCommand const& command) {
  auto const text = text_of(command.file, false);
  if (!text) return say("revoke", text.error());
  auto const changed = without_token(command.file, *text, command.token.name);
  if (!changed) return say("revoke", changed.error());
  if (auto const done = replace(command.file, *changed); !done) return say("revoke", done.error());
  fmt::print("The token of {} opens nothing from the next second on.\n", command.token.name);
  return 0;
}

int run_list(TokenCommand const& command) {
  auto const text = text_of(command.file, false);
  if (!text) return say("list", text.error());
  auto const records = parse_token_records(command.file, *text);
  if (!records) return say("list", records.error());
  if (records->empty()) fmt::print("No tokens yet: sotto token new\n");
  auto const now = SystemClock().now();
  for (auto const& record : *records) {
    std::string roles, scope;
    for (auto const& [name, role] : Names<Role>::list)
      if (record.bearer().roles.has(role)) roles += fmt::format("{}{}", roles.empty() ? "" : ", ", name);
    for (auto const& [key, value] : {std::pair<std::string_view, std::string const&>{"tenant", record.tenant},
                                     {"region", record.region},
                                     {"team", record.team},
                                     {"agent", record.agent}})
      if (!value.empty()) scope += fmt::format("{}{} {}", scope.empty() ? "" : ", ", key, value);
    auto const until = parse_rfc3339(record.expires);
    fmt::print("{:24}  {:32}  {}{}\n", record.name, scope.empty() ? "any tenant" : scope, roles,
               !until         ? ""
               : *until > now ? "  until " + record.expires
                              : "  EXPIRED " + record.expires);
  }
  return 0;
}

}  // namespace

void add_token(CLI::App& app, int& code) {
  auto* const token = app.add_subcommand("token", "Look after the tokens with which others may come (docs/access.md)");
  token->require_subcommand(1);
  auto const command = std::make_shared<TokenCommand>();
  auto const make = [&](char const* name, char const* help) {
    auto* const made = token->add_subcommand(name, help);
    made->add_option("--file", command->file, "the file of records, as the setting token_records names it")->required();
    return made;
  };
  auto* const fresh = make("new", "Make a token, print it once, and add its record to the file");
  fresh->add_option("name", command->token.name, "what its bearer is called in logs")->required()->check(kText);
  std::vector<std::string> names;
  for (auto const& [name, role] : Names<Role>::list) names.emplace_back(name);
  fresh->add_option("--role", command->roles, "what its bearer may do; may be repeated")
      ->required()
      ->check(CLI::IsMember(names));
  fresh->add_option("--tenant", command->token.tenant, "whose calls; default any tenant's")->check(kText);
  fresh->add_option("--region", command->token.region, "heard by servers of which region")->check(kText);
  fresh->add_option("--team", command->token.team, "of which team")->check(kText);
  fresh->add_option("--agent", command->token.agent, "of which agent")->check(kText);
  fresh->add_option("--expires", command->token.expires, "a day (2027-01-31) or a time; default never")->check(kText);
  fresh->callback([command, &code] { code = run_new(*command); });
  auto* const revoke = make("revoke", "Take a token's record out of the file");
  revoke->add_option("name", command->token.name, "whose")->required()->check(kText);
  revoke->callback([command, &code] { code = run_revoke(*command); });
  auto* const list = make("list", "List the records: who, whose calls, roles, until when");
  list->callback([command, &code] { code = run_list(*command); });
}

}  // namespace sotto::app
