// What commands ask a running server about past calls.
#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "call/call.h"
#include "call/event.h"
#include "net/client.h"

namespace sotto::app {

// The object that GET `target` answers. Errors: of the connection, and `refused` with the server's own reason.
Result<boost::json::object> ask_server(net::ServerAddress const& server, std::string const& target);

struct FetchedCall {
  CallInfo info;
  std::vector<Event> events;  // all that are stored, in order
};
Result<FetchedCall> fetch_call(net::ServerAddress const& server, std::string const& call);

}  // namespace sotto::app
