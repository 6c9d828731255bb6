#include "net/server_address.h"

#include <boost/asio/ssl/verify_mode.hpp>
#include <fmt/format.h>

#include "net/url.h"

namespace sotto::net {

namespace asio = boost::asio;
using boost::system::error_code;

std::string host_header(ServerAddress const& address) {
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

}  // namespace sotto::net
