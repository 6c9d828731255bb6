// What commands ask a running server about past calls.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "call/call.h"
#include "call/events.h"
#include "net/server_address.h"

namespace sotto::app {

// The object that GET answers for the path of these segments; `query`: encoded. Errors: of the connection, and
// `refused` with the server's own reason.
Result<boost::json::object> ask_server(net::ServerAddress const& server,
                                       std::initializer_list<std::string_view> segments, std::string const& query = "");

// The same of another method.
Result<boost::json::object> ask_server(net::ServerAddress const& server, std::string const& method,
                                       std::string const& target, std::string const& body);

struct FetchedCall {
  CallInfo info;
  std::vector<Event> events;  // all that are stored, in order
};
Result<FetchedCall> fetch_call(net::ServerAddress const& server, std::string const& call);

}  // namespace sotto::app
