// The addresses of a host, with a deadline. getaddrinfo knows none: it runs in a thread of its own that is left behind
// when it takes too long. (Asio's resolver has one thread for all names, and whoever ends its loop waits for it.)
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "base/error.h"
#include "net/loop.h"

namespace sotto::net {

// Error no_address.
asio::awaitable<Result<std::vector<asio::ip::tcp::endpoint>>> look_up(Loop& loop, std::string host, int port,
                                                                      std::chrono::steady_clock::time_point until);

}  // namespace sotto::net
