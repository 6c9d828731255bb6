#include "net/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "net/server.h"

namespace sotto::net {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

static std::string host_header(ServerAddress const& address) {
  bool const v6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", address.host, v6 ? "]" : "", address.port);
}

Result<ServerAddress> parse_server(std::string_view text, std::string token) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) text.remove_prefix(kScheme.size());
  while (text.ends_with('/')) text.remove_suffix(1);
  auto const parts = parse_listen(text);
  if (!parts) return fail("bad_server", fmt::format("\"{}\" is not http://HOST:PORT", text));
  return ServerAddress{parts->first, parts->second, std::move(token)};
}

static asio::awaitable<void> connect_and_run(Loop& loop, ServerAddress address, std::string path,
                                             std::unique_ptr<WebSocketHandler> handler, std::size_t message_max) {
  error_code failed;
  tcp::resolver resolver(loop.context());
  auto const endpoints = co_await resolver.async_resolve(address.host, std::to_string(address.port),
                                                         asio::redirect_error(asio::use_awaitable, failed));
  beast::tcp_stream stream(loop.context());
  if (!failed) {
    stream.expires_after(std::chrono::seconds(10));
    co_await stream.async_connect(endpoints, asio::redirect_error(asio::use_awaitable, failed));
  }
  if (failed) {
    handler->on_closed(1006, fmt::format("cannot connect to {}: {}", host_header(address), failed.message()));
    co_return;
  }
  stream.expires_never();
  stream.socket().set_option(tcp::no_delay(true), failed);
  auto* const raw = handler.get();
  auto const socket = std::make_shared<WebSocket>(loop, std::move(stream), std::move(handler), false, message_max);
  if (!address.token.empty()) {
    socket->stream().set_option(boost::beast::websocket::stream_base::decorator(
        [token = address.token](auto& request) { request.set(http::field::authorization, "Bearer " + token); }));
  }
  boost::beast::websocket::response_type response;
  co_await socket->stream().async_handshake(response, host_header(address), path,
                                            asio::redirect_error(asio::use_awaitable, failed));
  if (failed) {
    auto const status = response.result_int();
    raw->on_closed(1006, status == 401 ? "the server needs a token (--token)"
                                       : fmt::format("the server refused: {} {}", status, response.body()));
    co_return;
  }
  co_await socket->run();
}

void connect(Loop& loop, ServerAddress address, std::string path, std::unique_ptr<WebSocketHandler> handler,
             std::size_t message_max) {
  loop.spawn("client", connect_and_run(loop, std::move(address), std::move(path), std::move(handler), message_max));
}

Result<HttpReply> request(ServerAddress const& address, std::string const& method, std::string const& target,
                          std::string const& body) {
  asio::io_context context;
  beast::tcp_stream stream(context);
  error_code failed;
  tcp::resolver resolver(context);
  auto const endpoints = resolver.resolve(address.host, std::to_string(address.port), failed);
  if (!failed) stream.connect(endpoints, failed);
  if (failed) {
    return fail("no_server", fmt::format("no server at {} ({}); start one with `sotto serve` or name it with --server",
                                         host_header(address), failed.message()));
  }
  http::request<http::string_body> message(http::string_to_verb(method), target, 11, body);
  message.set(http::field::host, host_header(address));
  if (!body.empty()) message.set(http::field::content_type, "application/json");
  if (!address.token.empty()) message.set(http::field::authorization, "Bearer " + address.token);
  message.prepare_payload();
  http::write(stream, message, failed);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(256 * 1024 * 1024);
  if (!failed) http::read(stream, buffer, parser, failed);
  if (failed) return fail("no_server", "the server at " + host_header(address) + " broke off: " + failed.message());
  return HttpReply{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

}  // namespace sotto::net
