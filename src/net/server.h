// HTTP/1.1 and WebSocket (RFC 6455) server on one address. Knows no domain: it hands requests to an HttpHandler and
// sockets to the WebSocketHandler made for their path. Everything runs on the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/guard.h"
#include "net/loop.h"
#include "net/web_socket.h"

namespace sotto::net {

struct HttpRequest {
  std::string method, path, query, body;
};
struct HttpResponse {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;
};
// `respond` is called once, now or later, on the loop.
using HttpHandler = std::function<void(HttpRequest, std::function<void(HttpResponse)> respond)>;

struct UpgradeRequest {
  HttpRequest request;
  std::string authorization;
  std::string protocols;  // Sec-WebSocket-Protocol as sent
};
struct Upgrade {
  std::unique_ptr<WebSocketHandler> handler;
  std::map<std::string, std::string> headers;  // of the 101 answer
};

struct WebSocketRoute {
  bool needs_token = true;      // checked in the upgrade request (a ticket in the first message otherwise)
  std::size_t message_max = 0;  // larger ones close the socket with 1009
  std::function<std::unique_ptr<WebSocketHandler>()> make;
  // Instead of `make`, for a protocol whose upgrade request carries more: takes the socket or answers the request.
  std::function<std::expected<Upgrade, HttpResponse>(UpgradeRequest const&)> decide;
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 8700;
  GuardOptions guard;
  std::function<bool(HttpRequest const&)> open_without_token;  // e.g. the page's own files
};

class Server {
 public:
  Server(Loop& loop, ServerOptions options, HttpHandler http, std::map<std::string, WebSocketRoute> sockets);
  ~Server();
  // Errors: port_in_use, cannot_listen.
  Result<void> listen();
  // The port in use (options.port 0: any free one).
  int port() const;
  // Open sockets go on.
  void stop_accepting();
  // No new connections; open sockets are closed with 1001.
  void stop();
  // Sockets whose handlers still live. Their handlers must not outlive what they use: wait until it is 0 (drop() helps
  // with peers that do not close) before that goes.
  std::size_t open_sockets() const;
  void drop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Splits "HOST:PORT" ("[::1]:8700", "127.0.0.1:8700"). Error bad_listen.
Result<std::pair<std::string, int>> parse_listen(std::string_view text);

}  // namespace sotto::net
