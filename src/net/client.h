// Client side: a WebSocket on the loop, and for the command line a request that waits for its answer (http_client.h).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "net/loop.h"
#include "net/server_address.h"
#include "net/web_socket.h"

namespace sotto::net {

// Connects and runs `handler` until the socket closes. A failure to connect is told by on_closed() or on_refused()
// without on_open(); with tls the server's certificate must be for its host.
void connect(Loop& loop, ServerAddress address, std::string path, std::unique_ptr<WebSocketHandler> handler,
             std::size_t message_max);

struct HttpReply {
  int status = 0;
  std::string body;
};
// Blocking; gives up after 30 s without a byte. Error: no_server (with what to do).
Result<HttpReply> request(ServerAddress const& address, std::string const& method, std::string const& target,
                          std::string const& body = "");

}  // namespace sotto::net
