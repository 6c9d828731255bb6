#include "net/post.h"

#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fmt/format.h>

#include "base/check.h"
#include "net/look_up.h"
#include "net/url.h"

namespace sotto::net {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

Result<std::pair<ServerAddress, std::string>> parse_web_url(std::string_view text) {
  auto const parsed = parse_url(text);
  bool const good = parsed && (parsed->scheme() == "https" || parsed->scheme() == "http") && !parsed->host().empty() &&
                    !parsed->has_userinfo() && !parsed->has_fragment();
  if (!good) return fail("bad_server", "url must be https://HOST/PATH, without a user and a #fragment");
  ServerAddress address{.host = parsed->host_address(), .port = parsed->scheme() == "https" ? 443 : 80};
  address.tls = parsed->scheme() == "https";
  if (parsed->has_port()) address.port = parsed->port_number();
  if (address.port == 0) return fail("bad_server", "url has no port that can be");
  std::string path(parsed->encoded_target());
  if (!path.starts_with('/')) path.insert(0, "/");
  return std::pair(std::move(address), std::move(path));
}

std::string host_of(ServerAddress const& address) {
  bool const v6 = address.host.find(':') != std::string::npos;
  auto const host = v6 ? fmt::format("[{}]", address.host) : address.host;
  return address.port == (address.tls ? 443 : 80) ? host : fmt::format("{}:{}", host, address.port);
}

namespace {

auto use(error_code& failed) { return asio::redirect_error(asio::use_awaitable, failed); }

http::request<http::string_body> message_of(Post& post) {
  http::request<http::string_body> message(http::verb::post, post.path, 11, std::move(post.body));
  message.set(http::field::host, host_of(post.address));
  message.set(http::field::user_agent, "sotto");
  message.set(http::field::connection, "close");
  for (auto const& [name, value] : post.headers) message.set(name, value);
  message.prepare_payload();
  return message;
}

template <typename Stream>
asio::awaitable<Result<PostAnswer>> exchange(Stream& stream, http::request<http::string_body> const& message,
                                             std::size_t answer_bytes_max) {
  error_code failed;
  co_await http::async_write(stream, message, use(failed));
  if (failed) co_return fail("no_answer", "sending: " + failed.message());
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(answer_bytes_max);
  co_await http::async_read(stream, buffer, parser, use(failed));
  // The head is the answer; what follows is read only so that the receiver can write it.
  if (!parser.is_header_done()) co_return fail("no_answer", "waiting for the answer: " + failed.message());
  auto const& head = parser.get();
  co_return PostAnswer{static_cast<int>(head.result_int()), std::string(head[http::field::retry_after])};
}

}  // namespace

asio::awaitable<Result<PostAnswer>> send(Loop& loop, Post post, Duration most, std::size_t answer_bytes_max) {
  auto const until = std::chrono::steady_clock::now() + most;
  auto const endpoints = co_await look_up(loop, post.address.host, post.address.port, until);
  if (!endpoints) co_return fail("no_answer", "no address: " + endpoints.error().message);
  beast::tcp_stream stream(loop.context());
  stream.expires_at(until);  // for all that follows
  error_code failed;
  co_await stream.async_connect(*endpoints, use(failed));
  if (failed) co_return fail("no_answer", "connecting: " + failed.message());
  auto const message = message_of(post);
  if (!post.address.tls) co_return co_await exchange(stream, message, answer_bytes_max);
  CHECK(post.address.trust);
  beast::ssl_stream<beast::tcp_stream> secure(std::move(stream), *post.address.trust);
  secure.set_verify_callback(asio::ssl::host_name_verification(post.address.host));
  error_code no_address;
  asio::ip::make_address(post.address.host, no_address);
  // Addresses have no server name (RFC 6066, section 3).
  if (no_address) SSL_set_tlsext_host_name(secure.native_handle(), post.address.host.c_str());
  co_await secure.async_handshake(asio::ssl::stream_base::client, use(failed));
  if (failed) co_return fail("no_answer", "TLS: " + failed.message());
  co_return co_await exchange(secure, message, answer_bytes_max);
}

}  // namespace sotto::net
