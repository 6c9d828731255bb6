#include "net/client.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <fmt/format.h>

#include "base/check.h"
#include "net/http_client.h"

namespace sotto::net {

namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto kConnectTimeout = std::chrono::seconds(10);
constexpr ClientLimits kCommandLimits{
    .whole = std::chrono::hours(1), .idle = std::chrono::seconds(30), .body_bytes = 256 * 1024 * 1024};

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
  auto connected = co_await HttpClient(loop).connect(address.host, address.port, kConnectTimeout);
  if (!connected) {
    handler->on_closed(1006, fmt::format("cannot connect to {}: {}", host_header(address), connected.error().message));
    co_return;
  }
  error_code failed;
  PlainStream stream(std::move(*connected));
  stream.expires_at(until);
  if (!address.tls) {
    co_await shake_hands_and_run(loop, std::move(stream), std::move(address), std::move(path), std::move(handler),
                                 message_max);
    co_return;
  }
  CHECK(address.trust);
  beast::ssl_stream<PlainStream> secure(std::move(stream), *address.trust);
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

void connect(Loop& loop, ServerAddress address, std::string path, std::unique_ptr<WebSocketHandler> handler,
             std::size_t message_max) {
  loop.spawn("client", connect_and_run(loop, std::move(address), std::move(path), std::move(handler), message_max));
}

Result<HttpReply> request(ServerAddress const& address, std::string const& method, std::string const& target,
                          std::string const& body) {
  ClientRequest asked{.method = method, .url = "http://" + host_header(address) + target, .headers = {}, .body = body};
  if (!body.empty()) asked.headers.emplace_back("content-type", "application/json");
  if (!address.token.empty()) asked.headers.emplace_back("authorization", "Bearer " + address.token);
  Loop loop;
  HttpClient client(loop);
  Result<ClientAnswer> answer = fail("no_answer", "");
  asio::co_spawn(loop.context(), client.send(std::move(asked), kCommandLimits),
                 [&](std::exception_ptr const& failure, Result<ClientAnswer> result) {
                   if (!failure) answer = std::move(result);
                   loop.stop();
                 });
  loop.run();
  if (!answer && answer.error().code != "no_answer") {
    return fail("no_server", fmt::format("no server at {} ({}); start one with `sotto serve` or name it with --server",
                                         host_header(address), answer.error().message));
  }
  auto const why = answer ? answer->broken_off : answer.error().message;
  if (!why.empty()) return fail("no_server", fmt::format("the server at {} broke off: {}", host_header(address), why));
  return HttpReply{answer->status, std::move(answer->body)};
}

}  // namespace sotto::net
