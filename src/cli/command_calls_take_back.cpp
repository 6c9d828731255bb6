// `sotto calls redact` and `sotto calls erase`.
#include <charconv>
#include <cstdio>
#include <iostream>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.h"
#include "client/stored_calls.h"
#include "base/json.h"
#include "net/url.h"
#include "base/unicode.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

// A person's yes. 0: it was given; else the exit code.
int confirm(std::string const& command, std::string const& what, bool yes) {
  if (yes) return 0;
  if (isatty(STDIN_FILENO) == 0) {
    fmt::print(stderr, "{}: {} cannot be undone: say --yes where nobody can be asked\n", command, what);
    return 2;
  }
  fmt::print("{} cannot be undone. Go on? Type yes: ", what);
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "yes") return 0;
  fmt::print("Nothing was changed.\n");
  return 1;
}

Result<json::object> range_of(std::string const& text) {
  std::int64_t from = 0, to = 0;
  auto const* const end = text.data() + text.size();
  auto const first = std::from_chars(text.data(), end, from);
  bool const good = first.ec == std::errc() && first.ptr != end && *first.ptr == '-';
  auto const second = good ? std::from_chars(first.ptr + 1, end, to) : first;
  if (!good || second.ec != std::errc() || second.ptr != end)
    return fail("bad_range",
                fmt::format("--range {}: expected FROM-TO in characters, for instance 11-21", language::escaped(text)));
  return json::object{{"from", from}, {"to", to}};
}

Result<json::object> asked(RedactCommand const& command) {
  json::object out{{"number", command.number}};
  if (command.all) out["all"] = true;
  if (!command.words.empty()) out["words"] = json::array(command.words.begin(), command.words.end());
  json::array ranges;
  for (auto const& text : command.ranges) {
    auto range = range_of(text);
    if (!range) return range;
    ranges.push_back(std::move(*range));
  }
  if (!ranges.empty()) out["ranges"] = std::move(ranges);
  if (!command.label.empty()) out["label"] = command.label;
  if (!command.reason.empty()) out["reason"] = command.reason;
  return out;
}

int say(std::string const& command, Error const& error) {
  fmt::print(stderr, "{}: {}\n", command, error.message);
  return 1;
}

}  // namespace

int run_calls_redact(net::ServerAddress const& server, RedactCommand const& command) {
  std::string const name = "sotto calls redact";
  auto const body = asked(command);
  if (!body) {
    say(name, body.error());
    return 2;
  }
  auto const what = fmt::format("Taking words of event {} of call {} back", command.number, command.call);
  if (auto const code = confirm(name, what, command.yes); code != 0) return code;
  auto const answer =
      ask_server(server, "POST", net::path_of({"v1", "calls", command.call, "redactions"}), json::serialize(*body));
  if (!answer) return say(name, answer.error());
  auto const* changed = get_array(*answer, "redacted");
  std::string numbers;
  for (auto const& number : changed ? *changed : json::array())
    numbers += (numbers.empty() ? "" : ", ") + json::serialize(number);
  if (numbers.empty()) fmt::print("Nothing was left to hide.\n");
  else fmt::print("Taken back in events {}.\n", numbers);
  return 0;
}

int run_calls_erase(net::ServerAddress const& server, EraseCommand const& command) {
  std::string const name = "sotto calls erase";
  auto const what = fmt::format("Erasing call {}", command.call);
  if (auto const code = confirm(name, what, command.yes); code != 0) return code;
  auto const target = net::path_of({"v1", "calls", command.call}) + "?" + net::query_of({{"reason", command.reason}});
  if (auto const answer = ask_server(server, "DELETE", target, ""); !answer) return say(name, answer.error());
  fmt::print("Call {} was erased: that there was one is all that is left.\n", command.call);
  return 0;
}

}  // namespace sotto::app
