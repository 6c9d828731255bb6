// Client side: a WebSocket on the loop, and for the command line a request that waits for its answer (http_client.h).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include "base/error.h"
#include "net/loop.h"
#include "net/web_socket.h"

namespace sotto::net {

struct ServerAddress {
  std::string host = "127.0.0.1";
  int port = 8700;
  std::string token;  // empty: none
  bool tls = false;
  std::string authorization;                         // the whole header, instead of "Bearer token"
  std::shared_ptr<boost::asio::ssl::context> trust;  // with tls: whom to trust, see trust_authorities()
};

// The authorities of a file, or without one the system's; reading them takes 30 ms. Error bad_authorities.
Result<std::shared_ptr<boost::asio::ssl::context>> trust_authorities(std::string const& file);

// "http://HOST:PORT" or "HOST:PORT". Error bad_server.
Result<ServerAddress> parse_server(std::string_view text, std::string token);
// "ws://HOST[:PORT]/PATH" or "wss://…": the address and the path. Error bad_server.
Result<std::pair<ServerAddress, std::string>> parse_socket_url(std::string_view text);

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
