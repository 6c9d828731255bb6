// Where a server is, whom a client must be to it, and whom the client trusts.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/ssl/context.hpp>

#include "base/error.h"

namespace sotto::net {

struct ServerAddress {
  std::string host = "127.0.0.1";
  int port = 8700;
  std::string token;  // empty: none
  bool tls = false;
  std::string authorization;                         // the whole header, instead of "Bearer token"
  std::shared_ptr<boost::asio::ssl::context> trust;  // with tls: whom to trust, see trust_authorities()
};
// "HOST:PORT", an IPv6 host in brackets.
std::string host_header(ServerAddress const& address);

// The authorities of a file, or without one the system's; reading them takes 30 ms. Error bad_authorities.
Result<std::shared_ptr<boost::asio::ssl::context>> trust_authorities(std::string const& file);

// "http://HOST:PORT" or "HOST:PORT". Error bad_server.
Result<ServerAddress> parse_server(std::string_view text, std::string token);
// "ws://HOST[:PORT]/PATH" or "wss://…": the address and the path. Error bad_server.
Result<std::pair<ServerAddress, std::string>> parse_socket_url(std::string_view text);

}  // namespace sotto::net
