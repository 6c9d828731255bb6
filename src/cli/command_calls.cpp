#include <cmath>
#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/commands.h"
#include "client/stored_calls.h"
#include "net/url.h"

namespace sotto::app {

namespace json = boost::json;

static void print_call(json::object const& call) {
  auto const ms = get_int(call, "duration_ms");
  auto const state = get_bool(call, "erased") ? "erased"
                     : get_bool(call, "live") ? "live"
                                              : get_string(call, "end_reason");
  fmt::print("{}  {:02}:{:02}  {:8}  {:6.2f} % heard  {} cues, {} late  {}  {}\n",
             get_string(call, "started").substr(0, 19), ms / 60000, ms / 1000 % 60, state,
             std::floor(get_double(call, "heard") * 10000) / 100, get_int(call, "cues"), get_int(call, "late"),
             get_string(call, "tenant"), get_string(call, "call"));
}

int run_calls(net::ServerAddress const& server, CallsCommand const& command) {
  std::vector<std::pair<std::string, std::string>> wanted{{"tenant", command.tenant}, {"team", command.team},
                                                          {"agent", command.agent},   {"state", command.state},
                                                          {"from", command.from},     {"before", command.before}};
  std::erase_if(wanted, [](auto const& one) { return one.second.empty(); });
  wanted.emplace_back("limit", std::to_string(command.limit));
  auto const answer = ask_server(server, {"v1", "calls"}, net::query_of(wanted));
  if (!answer) {
    fmt::print(stderr, "sotto calls: {}\n", answer.error().message);
    return 1;
  }
  auto const* calls = get_array(*answer, "calls");
  if (command.json || !calls) {
    fmt::print("{}\n", json::serialize(*answer));
    return 0;
  }
  if (calls->empty()) fmt::print("No calls{}.\n", wanted.size() > 1 ? " that are looked for" : " yet");
  for (auto const& call : *calls) print_call(call.get_object());
  if (answer->contains("next")) fmt::print("There are more: narrow them with --from and --before.\n");
  return 0;
}

int run_events(net::ServerAddress const& server, std::string const& call) {
  auto const answer = ask_server(server, {"v1", "calls", call, "events"});
  if (!answer) {
    fmt::print(stderr, "sotto events: {}\n", answer.error().message);
    return 1;
  }
  if (auto const* events = get_array(*answer, "events")) {
    for (auto const& event : *events) fmt::print("{}\n", json::serialize(event));
  }
  return 0;
}

}  // namespace sotto::app
