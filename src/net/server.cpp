#include "net/server.h"

#include <fcntl.h>

#include <algorithm>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "net/http_connection.h"
#include "net/server_state.h"

namespace sotto::net {

using asio::ip::tcp;
using boost::system::error_code;

namespace {

auto use(error_code& failed) { return asio::redirect_error(asio::use_awaitable, failed); }

}  // namespace

HttpResponse error_response(int status, Error const& error) {
  namespace json = boost::json;
  json::object body{{"error", json::object{{"code", error.code}, {"message", error.message}}}};
  return {.status = status, .body = json::serialize(body)};
}

asio::awaitable<void> ServerState::accept() {
  auto const self = shared_from_this();
  while (acceptor.is_open()) {
    error_code failed;
    tcp::socket socket(loop.context());
    tcp::endpoint from;
    co_await acceptor.async_accept(socket, from, use(failed));
    if (!acceptor.is_open()) co_return;
    if (failed) {  // out of descriptors: wait a moment, calls that run are not touched
      ++counters.accept_failed;
      log_refusal("accept", failed.message(), "a connection");
      asio::steady_timer pause(loop.context(), std::chrono::milliseconds(200));
      co_await pause.async_wait(use(failed));
      continue;
    }
    ++counters.accepted;
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    auto const connection = std::make_shared<HttpConnection>(self, std::move(socket), from.address().to_string());
    if (connection->admit()) {
      loop.spawn("connection", connection->run());
      continue;
    }
    ++counters.no_place;
    log_refusal("no place", "every connection is in use", from.address().to_string());
  }
}

void ServerState::log_refusal(std::string const& kind, std::string const& what, std::string const& peer) {
  auto const count = lines.note(kind, std::chrono::steady_clock::now());
  if (count) spdlog::warn("refused {}: {}{}", peer, what, *count > 1 ? fmt::format(" ({} times)", *count) : "");
}

Server::Server(Loop& loop, ServerOptions options, HttpHandler http, std::map<std::string, WebSocketRoute> sockets)
    : state_(std::make_shared<ServerState>(loop, std::move(options), std::move(http), std::move(sockets))) {}

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
  ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  state_->loop.spawn_vital("acceptor", state_->accept());
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

ServerCounters const& Server::counters() const { return state_->counters; }

std::size_t Server::connections() const { return state_->admission.size(); }

}  // namespace sotto::net
