#include "net/client.h"

#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <fmt/format.h>

#include "base/check.h"
#include "net/look_up.h"
#include "net/server.h"
#include "net/url.h"

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
  return ServerAddress{.host = parts->first, .port = parts->second, .token = std::move(token)};
}

Result<std::pair<ServerAddress, std::string>> parse_socket_url(std::string_view text) {
  auto const parsed = parse_url(text);
  if (!parsed || (parsed->scheme() != "ws" && parsed->scheme() != "wss") || parsed->host().empty()) {
    return fail("bad_server", fmt::format("\"{}\" is not ws://HOST:PORT/PATH or wss://HOST/PATH", text));
  }
  ServerAddress address{.host = parsed->host_address(), .port = parsed->scheme() == "wss" ? 443 : 80};
  address.tls = parsed->scheme() == "wss";
  if (parsed->has_port()) address.port = parsed->port_number();
  if (parsed->has_query()) return fail("bad_server", "what follows the ? has keys of its own in the configuration");
  return std::pair(address, parsed->encoded_path().empty() ? "/" : std::string(parsed->encoded_path()));
}

namespace {

constexpr auto kConnectTimeout = std::chrono::seconds(10);

auto use(error_code& failed) { return asio::redirect_error(asio::use_awaitable, failed); }

template <typename Transport>
asio::awaitable<void> shake_hands_and_run(Loop& loop, Transport stream, ServerAddress address, std::string path,
                                          std::unique_ptr<WebSocketHandler> handler, std::size_t message_max) {
  beast::get_lowest_layer(stream).expires_never();
  error_code failed;
  beast::get_lowest_layer(stream).socket().set_option(tcp::no_delay(true), failed);
  auto* const raw = handler.get();
  auto const socket =
      std::make_shared<BasicWebSocket<Transport>>(loop, std::move(stream), std::move(handler), false, message_max);
  auto const authorization = !address.authorization.empty() ? address.authorization
                             : !address.token.empty()       ? "Bearer " + address.token
                                                            : std::string();
  if (!authorization.empty()) {
    socket->stream().set_option(boost::beast::websocket::stream_base::decorator(
        [authorization](auto& request) { request.set(http::field::authorization, authorization); }));
  }
  boost::beast::websocket::response_type response;
  co_await socket->stream().async_handshake(response, host_header(address), path, use(failed));
  if (failed && response.result_int() != 101 && failed == boost::beast::websocket::error::upgrade_declined) {
    raw->on_refused(static_cast<int>(response.result_int()), response.body());
  } else if (failed) {
    raw->on_closed(1006, fmt::format("no handshake with {}: {}", host_header(address), failed.message()));
  } else {
    co_await socket->run();
  }
}

asio::awaitable<void> connect_and_run(Loop& loop, ServerAddress address, std::string path,
                                      std::unique_ptr<WebSocketHandler> handler, std::size_t message_max) {
  auto const until = std::chrono::steady_clock::now() + kConnectTimeout;
  auto const endpoints = co_await look_up(loop, address.host, address.port, until);
  if (!endpoints) {
    handler->on_closed(1006, fmt::format("cannot connect to {}: {}", host_header(address), endpoints.error().message));
    co_return;
  }
  error_code failed;
  beast::tcp_stream stream(loop.context());
  stream.expires_at(until);
  co_await stream.async_connect(*endpoints, use(failed));
  if (failed) {
    handler->on_closed(1006, fmt::format("cannot connect to {}: {}", host_header(address), failed.message()));
    co_return;
  }
  if (!address.tls) {
    co_await shake_hands_and_run(loop, std::move(stream), std::move(address), std::move(path), std::move(handler),
                                 message_max);
    co_return;
  }
  CHECK(address.trust);
  beast::ssl_stream<beast::tcp_stream> secure(std::move(stream), *address.trust);
  secure.set_verify_callback(asio::ssl::host_name_verification(address.host));
  error_code no_address;
  asio::ip::make_address(address.host, no_address);
  // Addresses have no server name (RFC 6066, section 3).
  if (no_address) SSL_set_tlsext_host_name(secure.native_handle(), address.host.c_str());
  co_await secure.async_handshake(asio::ssl::stream_base::client, use(failed));
  if (failed) {
    handler->on_closed(1006, fmt::format("no TLS with {}: {}", host_header(address), failed.message()));
    co_return;
  }
  co_await shake_hands_and_run(loop, std::move(secure), std::move(address), std::move(path), std::move(handler),
                               message_max);
}

}  // namespace

Result<std::shared_ptr<asio::ssl::context>> trust_authorities(std::string const& file) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  error_code failed;
  if (file.empty()) {
    context->set_default_verify_paths(failed);
  } else {
    context->load_verify_file(file, failed);
  }
  if (failed) return fail("bad_authorities", fmt::format("authorities of \"{}\": {}", file, failed.message()));
  context->set_verify_mode(asio::ssl::verify_peer, failed);
  if (failed) return fail("bad_authorities", failed.message());
  return context;
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
  if (!failed) {
    // Blocking calls know no deadline but the socket's own.
    timeval const most{.tv_sec = 30, .tv_usec = 0};
    auto const socket = stream.socket().native_handle();
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
  }
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
