// Follows a live call over /v1/subscribe, as the page does: ticket, snapshot, deltas, resume by cursor. Confined to its
// loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/json/object.hpp>

#include "net/loop.h"
#include "net/server_address.h"

namespace sotto::app {

struct FollowerListener {
  // Each event once, in order of numbers; partials as they come.
  std::function<void(boost::json::object const& cloud_event)> on_event;
  // Where the connection began: the state so far.
  std::function<void(boost::json::object const& call)> on_snapshot = [](auto const&) {};
  std::function<void()> on_done = [] {};
};

// Follows `call` until it ends. The first ticket is asked for when this is called.
void follow(net::Loop& loop, net::ServerAddress const& server, std::string const& call, FollowerListener listener);

}  // namespace sotto::app
