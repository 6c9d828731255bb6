// The HTTP client of everything that asks other servers: webhooks, commands, later language models and object stores
// (libcurl, docs/adr/0012). Connections are kept and used again; names are looked up with a deadline, addresses tried
// side by side (RFC 8305). Redirections are answers like others. Of the environment HTTPS_PROXY, HTTP_PROXY (lower
// case) and NO_PROXY count, but never for this machine. Confined to the loop it was made with.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "net/loop.h"

namespace sotto::net {

class CurlMulti;

using Headers = std::vector<std::pair<std::string, std::string>>;

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // http:// or https://, without a user; sent as it stands
  Headers headers;
  std::string body;
  std::string authorities;  // a file of certificates to trust instead of the system's
};

struct ClientLimits {
  Duration connect = std::chrono::seconds(10);  // the name, the connection and TLS
  Duration whole = std::chrono::seconds(60);    // all of it
  Duration idle{};                              // without a byte of the answer; 0: as long as `whole`
  std::size_t body_bytes = 1024 * 1024;         // of the answer
};

struct ClientAnswer {
  int status = 0;
  Headers headers;         // names in lower case
  std::string body;        // empty where it was streamed
  std::string broken_off;  // why the body is not whole; empty: it is

  std::string_view header(std::string_view name) const;  // the first of that name; empty: none
};

// A piece of the body as it comes, with the head of the answer. False: enough, nothing more is read. Must not throw.
using OnPiece = std::function<bool(ClientAnswer const& head, std::string_view piece)>;

class HttpClient {
 public:
  explicit HttpClient(Loop& loop);
  ~HttpClient();
  HttpClient(HttpClient const&) = delete;
  HttpClient& operator=(HttpClient const&) = delete;

  // An answer is there once its head is. The body is kept, or with `piece` handed on. Cancelled as any other operation
  // of Asio, by an exception. Errors: bad_request (nothing was tried), no_connection (nothing was sent), no_answer
  // (perhaps it was received); their texts say what happened, never what was sent.
  asio::awaitable<Result<ClientAnswer>> send(ClientRequest request, ClientLimits limits, OnPiece piece = nullptr);

  // A TCP connection for another protocol, without a proxy. Errors: bad_request, no_connection.
  asio::awaitable<Result<asio::ip::tcp::socket>> connect(std::string host, int port, Duration most);

 private:
  Loop& loop_;
  std::shared_ptr<CurlMulti> const multi_;  // shared with what is under way
};

}  // namespace sotto::net
