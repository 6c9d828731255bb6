#include "client/stored_calls.h"

#include <fmt/format.h>

#include "base/json.h"
#include "call/event_codec.h"
#include "net/client.h"
#include "net/url.h"

namespace sotto::app {

Result<boost::json::object> ask_server(net::ServerAddress const& server, std::string const& method,
                                       std::string const& target, std::string const& body) {
  auto const reply = net::request(server, method, target, body);
  if (!reply) return std::unexpected(reply.error());
  auto answer = parse_object(reply->body);
  if (reply->status == 200) return answer;
  auto const* error = answer ? get_object(*answer, "error") : nullptr;
  return fail("refused", error ? get_string(*error, "message") : fmt::format("the server answered {}", reply->status));
}

Result<boost::json::object> ask_server(net::ServerAddress const& server,
                                       std::initializer_list<std::string_view> segments, std::string const& query) {
  return ask_server(server, "GET", net::path_of(segments) + (query.empty() ? "" : "?" + query), "");
}

Result<FetchedCall> fetch_call(net::ServerAddress const& server, std::string const& call) {
  auto const body = ask_server(server, {"v1", "calls", call, "events"});
  if (!body) return std::unexpected(body.error());
  auto const* events = get_array(*body, "events");
  if (!events) return fail("refused", "the server's answer cannot be read");
  FetchedCall out;
  for (auto const& value : *events) {
    auto event = value.is_object() ? event_from_cloud_event(value.get_object()) : fail("bad_event", "");
    if (!event) continue;
    if (auto const* started = event->as<CallStarted>()) out.info = started->info;
    out.events.push_back(std::move(*event));
  }
  return out;
}

}  // namespace sotto::app
