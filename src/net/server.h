// HTTP/1.1 and WebSocket (RFC 6455) server on one address. Knows no domain: it hands requests to an HttpHandler and
// sockets to the WebSocketHandler made for their path. Everything runs on the loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_budget.h"
#include "base/error.h"
#include "call/access.h"
#include "net/admission.h"
#include "net/guard.h"
#include "net/loop.h"
#include "net/web_socket.h"

namespace sotto::net {

struct HttpRequest {
  std::string method, path, query, body;  // `path` is percent-decoded
  std::vector<std::string> segments;      // of the path, each decoded by itself: an id may hold a slash
  Principal caller;                       // nobody in particular where the address is open to whoever comes
  std::string peer;                       // the address that it came from
};
struct HttpResponse {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;
  std::string subject;  // what it is about, where the address does not say it; not sent
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
  Needs needs;                  // of who opens it
  std::size_t message_max = 0;  // larger ones close the socket with 1009
  std::function<std::unique_ptr<WebSocketHandler>(Principal const& caller)> make;
  // Instead of `make`, for a protocol whose upgrade request carries more: takes the socket or answers the request.
  std::function<std::expected<Upgrade, HttpResponse>(UpgradeRequest const&)> decide;
};

// What a method on an address is, before a body is read.
struct RouteRule {
  Needs needs;
  std::size_t body_max = 0;  // bytes; more is refused with 413
};
// The rule, or the answer that refuses: 404, 405 with Allow.
using RouteTable = std::function<std::expected<RouteRule, HttpResponse>(HttpRequest const&)>;

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 8700;
  GuardOptions guard;
  RouteTable rule;
  AdmissionLimits admission = {};
  ByteBudget* budget = nullptr;  // what sockets may hold; outlives the server
};

// Since the start.
struct ServerCounters {
  std::uint64_t accepted = 0, accept_failed = 0, unauthorized = 0, no_place = 0;
};

HttpResponse error_response(int status, Error const& error);

struct ServerState;

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
  ServerCounters const& counters() const;
  std::size_t connections() const;

 private:
  std::shared_ptr<ServerState> state_;
};

}  // namespace sotto::net
