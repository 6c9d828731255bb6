// One connection of the server: requests in turn, each judged by its head before its body is read, then answered; or
// one upgrade, and the connection is a WebSocket from then on.
//   head -> framing -> Host, Origin -> route -> token -> body -> answer
// Whoever says nothing or drips is closed or answered after 10 s.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/admission.h"
#include "net/plain_stream.h"
#include "net/server.h"

namespace sotto::net {

// What the connections of one server share.
struct ServerState;

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<ServerState> server, boost::asio::ip::tcp::socket socket, std::string peer);
  ~HttpConnection();
  // False: the server has no place for it.
  bool admit();
  asio::awaitable<void> run();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Head = boost::beast::http::request<boost::beast::http::string_body>;

  struct Judged {
    HttpRequest request;  // its body is still to be read
    std::size_t body_max = 0;
    bool upgrades = false;
  };
  struct Refusal {
    HttpResponse response;
    bool close = true;  // a body was not read, or the peer is not to go on
    bool slow = false;  // a wrong token was shown
  };
  std::expected<Judged, Refusal> judge(Head const& head);
  asio::awaitable<int> read_body(Parser& parser, std::size_t most);
  asio::awaitable<HttpResponse> ask(HttpRequest request);
  asio::awaitable<bool> answer(Head const& head, HttpResponse response, bool close);
  asio::awaitable<void> upgrade(Head head, Judged judged);
  asio::awaitable<void> refuse_slowly();

  std::shared_ptr<ServerState> const server_;
  PlainStream stream_;
  boost::beast::flat_buffer buffer_;
  std::string const peer_;
  Admission::Id id_ = 0;
  std::weak_ptr<WebSocket> socket_;  // after an upgrade
  bool gone_ = false;
};

}  // namespace sotto::net
