// `sotto audit`: the access log, looked through while servers run or not.
#include <charconv>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "adapters/access_chain/access_chain.h"
#include "adapters/access_file/access_file.h"
#include "adapters/postgres/access_rows.h"
#include "adapters/postgres/connection.h"
#include "base/json.h"
#include "base/rfc3339.h"
#include "cli/access_commands.h"
#include "cli/flags.h"
#include "roles/config.h"

namespace sotto::app {

namespace {

struct AuditCommand {
  std::filesystem::path config_file, data;
  std::string head;                     // verify: "NUMBER:DIGEST"
  std::string call, who, from, before;  // show; empty: any
  bool json = false;
};

int say(std::string_view name, Error const& error) {
  fmt::print(stderr, "sotto audit {}: {}\n", name, error.message);
  return 1;
}

Result<void> each_line(AuditCommand const& command, std::function<Result<void>(std::string_view)> const& line) {
  Config config;
  if (!command.config_file.empty())
    if (auto loaded = load_config(command.config_file, config); !loaded) return loaded;
  if (!command.data.empty()) config.data = command.data;
  if (!config.store.shared() || !command.data.empty()) return each_access_line(config.data / "access", line);
  auto const connection = postgres::Connection::open(config.store.postgresql, std::chrono::seconds(30));
  if (!connection) return std::unexpected(connection.error());
  return postgres::each_access_row(**connection, line);
}

std::optional<ChainEnd> head_of(std::string const& text) {
  ChainEnd out;
  auto const colon = text.find(':');
  if (colon == std::string::npos || text.size() - colon - 1 != 64) return std::nullopt;
  auto const [end, wrong] = std::from_chars(text.data(), text.data() + colon, out.number);
  if (wrong != std::errc() || end != text.data() + colon) return std::nullopt;
  out.hash = text.substr(colon + 1);
  return out;
}

int run_verify(AuditCommand const& command) {
  auto const head = head_of(command.head);
  if (!command.head.empty() && !head) {
    fmt::print(stderr, "sotto audit verify: --head is NUMBER:DIGEST, as an earlier verify printed it\n");
    return 2;
  }
  ChainCheck check;
  bool met = !head || head->number == 0;
  auto const done = each_line(command, [&](std::string_view line) -> Result<void> {
    if (auto added = check.add(line); !added) return added;
    if (!head || check.end().number != head->number) return {};
    met = true;
    if (check.end() == *head) return {};
    return fail("broken_chain",
                fmt::format("entry {} is not the one of --head: the log was written anew", head->number));
  });
  if (!done) return say("verify", done.error());
  if (!met)
    return say("verify", fail("broken_chain", fmt::format("the log ends at entry {}; --head names entry {}: what came "
                                                          "behind is missing",
                                                          check.end().number, head->number))
                             .error());
  if (check.lines() == 0) {
    fmt::print("The access log is empty.\n");
    return 0;
  }
  fmt::print("{} entries, {} to {}, none changed, none missing between them.\n", check.lines(), check.first(),
             check.end().number);
  if (check.first() > 1) fmt::print("Entries before {} are kept elsewhere.\n", check.first());
  fmt::print("head {}:{}\n", check.end().number, check.end().hash);
  return 0;
}

void print_entry(boost::json::object const& entry) {
  auto const shown = [&](std::string_view key) {
    auto const text = get_string(entry, key);
    return text.empty() ? std::string("-") : text;
  };
  auto const* const status = entry.if_contains("status");
  auto const detail = get_string(entry, "detail");
  fmt::print("{:6}  {}  {}  {}  {}  {}  {}{}\n", get_int(entry, "n"), shown("at"), shown("who"), shown("from"),
             shown("request"), shown("subject"), status ? std::to_string(get_int(entry, "status")) : "begins",
             detail.empty() ? "" : "  " + detail);
}

int run_show(AuditCommand const& command) {
  std::optional<Time> from, before;
  for (auto const& [text, into] : {std::pair{&command.from, &from}, {&command.before, &before}}) {
    if (text->empty()) continue;
    *into = parse_rfc3339(*text);
    if (*into) continue;
    fmt::print(stderr, "sotto audit show: \"{}\" is no day (2026-01-31) and no time (RFC 3339)\n", *text);
    return 2;
  }
  std::int64_t shown = 0, broken = 0;
  auto const done = each_line(command, [&](std::string_view line) -> Result<void> {
    auto const read = read_line(line);
    if (!read) {  // the others are worth being read all the more
      ++broken;
      fmt::print(stderr, "sotto audit show: {}\n", read.error().message);
      return {};
    }
    auto const& entry = read->entry;
    if (!command.call.empty() && get_string(entry, "subject") != command.call) return {};
    if (!command.who.empty() && get_string(entry, "who") != command.who) return {};
    auto const at = parse_rfc3339(get_string(entry, "at"));
    if (at && ((from && *at < *from) || (before && *at >= *before))) return {};
    ++shown;
    if (command.json) fmt::print("{}\n", line);
    else print_entry(entry);
    return {};
  });
  if (!done) return say("show", done.error());
  if (shown == 0 && !command.json) fmt::print("No such entries.\n");
  return broken == 0 ? 0 : 1;
}

}  // namespace

void add_audit(CLI::App& app, int& code) {
  auto* const audit = app.add_subcommand("audit", "Who read, changed or erased what of the stored calls");
  audit->require_subcommand(1);
  auto const command = std::make_shared<AuditCommand>();
  auto const make = [&](char const* name, char const* help) {
    auto* const made = audit->add_subcommand(name, help);
    made->add_option("--data", command->data, "folder of the store; default ./data");
    made->add_option("--config", command->config_file, "the server's YAML file");
    return made;
  };
  auto* const verify = make("verify", "Say whether an entry was changed, or is missing, since it was written");
  verify->add_option("--head", command->head,
                     "NUMBER:DIGEST that an earlier verify printed, kept elsewhere: that entry must still be there");
  verify->callback([command, &code] { code = run_verify(*command); });
  auto* const show = make("show", "Print the entries, the oldest first");
  show->add_option("--call", command->call, "of which call")->check(kText);
  show->add_option("--who", command->who, "of whose token")->check(kText);
  show->add_option("--from", command->from, "then or later: a day (2026-01-31) or a time (RFC 3339)");
  show->add_option("--before", command->before, "before");
  show->add_flag("--json", command->json, "print the lines as they are stored");
  show->callback([command, &code] { code = run_show(*command); });
}

}  // namespace sotto::app
