#include "net/server.h"

#include <algorithm>
#include <charconv>
#include <list>
#include <set>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace sotto::net {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kHeadTimeout = std::chrono::seconds(30);
constexpr std::size_t kBodyMax = 1024 * 1024;

auto use(error_code& failed) { return asio::redirect_error(asio::use_awaitable, failed); }

HttpResponse error_response(int status, Error const& error) {
  namespace json = boost::json;
  json::object body{{"error", json::object{{"code", error.code}, {"message", error.message}}}};
  return {.status = status, .body = json::serialize(body)};
}

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
  State(Loop& given_loop, ServerOptions given_options, HttpHandler given_http,
        std::map<std::string, WebSocketRoute> given)
      : loop(given_loop),
        options(std::move(given_options)),
        http_handler(std::move(given_http)),
        routes(std::move(given)),
        acceptor(loop.context()) {}

  asio::awaitable<void> accept();
  asio::awaitable<void> serve(tcp::socket socket);
  asio::awaitable<void> upgrade(beast::tcp_stream stream, http::request<http::string_body> request, Upgrade upgrade,
                                std::size_t message_max);
  static std::expected<Upgrade, HttpResponse> decide(http::request<http::string_body> const& request,
                                                     HttpRequest parsed, WebSocketRoute const& route);
  asio::awaitable<HttpResponse> answer(HttpRequest request);
  Result<void> check(http::request<http::string_body> const& request, HttpRequest const& parsed, bool upgrade) const;

  Loop& loop;
  ServerOptions const options;
  HttpHandler const http_handler;
  std::map<std::string, WebSocketRoute> const routes;
  tcp::acceptor acceptor;
  std::list<std::weak_ptr<WebSocket>> sockets;
};

static HttpRequest parse_request(http::request<http::string_body> const& request) {
  std::string target(request.target());
  auto const mark = target.find('?');
  return {.method = std::string(request.method_string()),
          .path = target.substr(0, mark),
          .query = mark == std::string::npos ? "" : target.substr(mark + 1),
          .body = request.body()};
}

Result<void> Server::State::check(http::request<http::string_body> const& request, HttpRequest const& parsed,
                                  bool upgrade) const {
  auto const field = [&](http::field name) -> std::string_view {
    auto const value = request[name];
    return {value.data(), value.size()};
  };
  RequestHead const head{parsed.method, parsed.path, field(http::field::host), field(http::field::origin),
                         field(http::field::authorization)};
  if (auto allowed = check_origin(options.guard, head); !allowed) return allowed;
  auto const route = routes.find(parsed.path);
  bool const open = upgrade ? route != routes.end() && !route->second.needs_token
                            : options.open_without_token && options.open_without_token(parsed);
  if (open) return {};
  return check_token(options.guard, head);
}

asio::awaitable<HttpResponse> Server::State::answer(HttpRequest request) {
  auto done = std::make_shared<Signal>(loop.context());
  auto response = std::make_shared<HttpResponse>();
  http_handler(std::move(request), [done, response](HttpResponse given) {
    *response = std::move(given);
    done->raise();
  });
  co_await done->wait();
  co_return std::move(*response);
}

asio::awaitable<void> Server::State::serve(tcp::socket socket) {
  auto const self = shared_from_this();
  beast::tcp_stream stream(std::move(socket));
  error_code failed;
  stream.socket().set_option(tcp::no_delay(true), failed);
  beast::flat_buffer buffer;
  for (;;) {
    stream.expires_after(kHeadTimeout);
    http::request_parser<http::string_body> parser;
    parser.body_limit(kBodyMax);
    co_await http::async_read(stream, buffer, parser, use(failed));
    if (failed) co_return;
    auto request = parser.release();
    auto const parsed = parse_request(request);
    bool const wants_socket = websocket::is_upgrade(request);
    auto const allowed = check(request, parsed, wants_socket);
    auto const route = routes.find(parsed.path);
    HttpResponse response;
    if (allowed && wants_socket && route != routes.end()) {
      auto decided = decide(request, parsed, route->second);
      if (decided) {
        stream.expires_never();
        co_await upgrade(std::move(stream), std::move(request), std::move(*decided), route->second.message_max);
        co_return;
      }
      response = std::move(decided.error());
    } else if (allowed) {
      stream.expires_never();
      response = co_await answer(parsed);
    } else {
      response = error_response(allowed.error().code == "unauthorized" ? 401 : 403, allowed.error());
    }
    http::response<http::string_body> reply(static_cast<http::status>(response.status), request.version());
    reply.set(http::field::content_type, response.type);
    reply.set("X-Content-Type-Options", "nosniff");
    reply.set("Referrer-Policy", "no-referrer");
    for (auto const& [name, value] : response.headers) reply.set(name, value);
    reply.keep_alive(request.keep_alive());
    reply.body() = std::move(response.body);
    reply.prepare_payload();
    stream.expires_after(kHeadTimeout);
    co_await http::async_write(stream, reply, use(failed));
    if (failed || !reply.keep_alive()) break;
  }
  stream.socket().shutdown(tcp::socket::shutdown_send, failed);
}

std::expected<Upgrade, HttpResponse> Server::State::decide(http::request<http::string_body> const& request,
                                                           HttpRequest parsed, WebSocketRoute const& route) {
  if (!route.decide) return Upgrade{.handler = route.make()};
  return route.decide({.request = std::move(parsed),
                       .authorization = std::string(request[http::field::authorization]),
                       .protocols = std::string(request[http::field::sec_websocket_protocol])});
}

asio::awaitable<void> Server::State::upgrade(beast::tcp_stream stream, http::request<http::string_body> request,
                                             Upgrade upgrade, std::size_t message_max) {
  auto const socket =
      std::make_shared<WebSocket>(loop, std::move(stream), std::move(upgrade.handler), true, message_max);
  if (!upgrade.headers.empty()) {
    socket->stream().set_option(
        websocket::stream_base::decorator([headers = std::move(upgrade.headers)](websocket::response_type& response) {
          for (auto const& [name, value] : headers) response.set(name, value);
        }));
  }
  error_code failed;
  co_await socket->stream().async_accept(request, use(failed));
  if (failed) co_return;
  std::erase_if(sockets, [](auto const& weak) { return weak.expired(); });
  sockets.push_back(socket);
  co_await socket->run();
}

asio::awaitable<void> Server::State::accept() {
  auto const self = shared_from_this();
  for (;;) {
    error_code failed;
    tcp::socket socket(loop.context());
    co_await acceptor.async_accept(socket, use(failed));
    if (!acceptor.is_open()) co_return;
    if (failed) {  // out of descriptors: wait a moment, calls that run are not touched
      asio::steady_timer pause(loop.context(), std::chrono::milliseconds(200));
      co_await pause.async_wait(use(failed));
      continue;
    }
    loop.spawn("connection", self->serve(std::move(socket)));
  }
}

Server::Server(Loop& loop, ServerOptions options, HttpHandler http, std::map<std::string, WebSocketRoute> sockets)
    : state_(std::make_shared<State>(loop, std::move(options), std::move(http), std::move(sockets))) {}

Server::~Server() { stop(); }

Result<void> Server::listen() {
  error_code failed;
  auto const& options = state_->options;
  auto const address = asio::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, failed);
  if (failed) return fail("cannot_listen", "\"" + options.host + "\" is not an address of this machine");
  tcp::endpoint const endpoint(address, static_cast<unsigned short>(options.port));
  auto& acceptor = state_->acceptor;
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(asio::socket_base::max_listen_connections, failed);
  if (failed == asio::error::address_in_use) {
    return fail("port_in_use",
                fmt::format("{}:{} is in use; choose another with --listen HOST:PORT", options.host, options.port));
  }
  if (failed)
    return fail("cannot_listen",
                fmt::format("cannot listen on {}:{}: {}", options.host, options.port, failed.message()));
  state_->loop.spawn("acceptor", state_->accept());
  return {};
}

int Server::port() const { return state_->acceptor.local_endpoint().port(); }

void Server::stop_accepting() {
  error_code ignored;
  state_->acceptor.close(ignored);
}

void Server::stop() {
  stop_accepting();
  for (auto const& weak : state_->sockets) {
    if (auto const socket = weak.lock()) socket->close(1001, "the server stops");
  }
}

std::size_t Server::open_sockets() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(state_->sockets, [](auto const& socket) { return !socket.expired(); }));
}

void Server::drop() {
  for (auto const& weak : state_->sockets) {
    if (auto const socket = weak.lock()) socket->drop();
  }
}

Result<std::pair<std::string, int>> parse_listen(std::string_view text) {
  auto const colon = text.rfind(':');
  int port = -1;
  if (colon != std::string_view::npos) {
    auto const digits = text.substr(colon + 1);
    auto const [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (code != std::errc() || end != digits.data() + digits.size()) port = -1;
  }
  if (colon == 0 || port < 0 || port > 65535) {
    return fail("bad_listen", fmt::format("\"{}\" is not HOST:PORT, for instance 127.0.0.1:8700", text));
  }
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::pair{std::string(host), port};
}

}  // namespace sotto::net
