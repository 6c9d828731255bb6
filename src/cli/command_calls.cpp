#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/commands.h"
#include "client/stored_calls.h"

namespace sotto::app {

namespace json = boost::json;

int run_calls(net::ServerAddress const& server, bool as_json) {
  auto const answer = ask_server(server, {"v1", "calls"});
  if (!answer) {
    fmt::print(stderr, "sotto calls: {}\n", answer.error().message);
    return 1;
  }
  auto const* calls = get_array(*answer, "calls");
  if (as_json || !calls) {
    fmt::print("{}\n", json::serialize(*answer));
    return 0;
  }
  if (calls->empty()) fmt::print("No calls yet.\n");
  for (auto const& value : *calls) {
    auto const& call = value.get_object();
    auto const ms = get_int(call, "duration_ms");
    fmt::print("{}  {:02}:{:02}  {:8}  {:6.2f} % heard  {} cues, {} late  {}  {}\n",
               get_string(call, "started").substr(0, 19), ms / 60000, ms / 1000 % 60,
               get_bool(call, "live") ? "live" : get_string(call, "end_reason"),
               std::floor(get_double(call, "heard") * 10000) / 100, get_int(call, "cues"), get_int(call, "late"),
               get_string(call, "tenant"), get_string(call, "call"));
  }
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
