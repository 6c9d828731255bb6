// An HTTP server of a test, on a thread of its own: it answers each request with the bytes that the test gives for it,
// piece by piece, and counts the connections that came.
#pragma once

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

namespace sotto {

struct ScriptedAnswer {
  std::vector<std::string> pieces;
  std::chrono::milliseconds between{0};  // waited before each piece but the first
  bool close = false;                    // after the last one
  bool silent = false;                   // never answers, keeps the connection
};

class ScriptedServer {
 public:
  // `request` is the head and the body as they came; called on the server's thread.
  using Answer = std::function<ScriptedAnswer(std::string const& request)>;

  // `certificate` and `key`: files in PEM; with them it speaks TLS.
  explicit ScriptedServer(Answer answer, std::string const& certificate = "", std::string const& key = "")
      : answer_(std::move(answer)) {
    if (!certificate.empty()) {
      tls_.use_certificate_chain_file(certificate);
      tls_.use_private_key_file(key, boost::asio::ssl::context::pem);
      secure_ = true;
    }
    boost::asio::co_spawn(context_, accept(), boost::asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~ScriptedServer() {
    context_.stop();
    thread_.join();
  }
  int port() const { return acceptor_.local_endpoint().port(); }
  int connections() const { return connections_; }
  int open() const { return open_; }
  std::string url(std::string const& path = "/", std::string const& host = "127.0.0.1") const {
    return (secure_ ? "https://" : "http://") + host + ":" + std::to_string(port()) + path;
  }

  static ScriptedAnswer whole(std::string const& body, std::string const& status = "200 OK",
                              std::string const& headers = "") {
    return {.pieces = {"HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
                       "\r\n" + body}};
  }

 private:
  using tcp = boost::asio::ip::tcp;

  boost::asio::awaitable<void> accept() {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      ++connections_;
      boost::asio::co_spawn(context_, serve(std::move(socket)), boost::asio::detached);
    }
  }
  boost::asio::awaitable<void> serve(tcp::socket socket) {
    ++open_;
    try {
      if (!secure_) {
        co_await talk(socket);
      } else {
        boost::asio::ssl::stream<tcp::socket> stream(std::move(socket), tls_);
        co_await stream.async_handshake(boost::asio::ssl::stream_base::server, boost::asio::use_awaitable);
        co_await talk(stream);
      }
    } catch (std::exception const&) {  // the client hung up
    }
    --open_;
  }
  template <typename Stream>
  boost::asio::awaitable<void> talk(Stream& stream) {
    for (std::string read;;) {
      auto const head = co_await boost::asio::async_read_until(stream, boost::asio::dynamic_buffer(read), "\r\n\r\n",
                                                               boost::asio::use_awaitable);
      auto const whole = head + body_size(read.substr(0, head));
      if (read.size() < whole)
        co_await boost::asio::async_read(stream, boost::asio::dynamic_buffer(read),
                                         boost::asio::transfer_exactly(whole - read.size()),
                                         boost::asio::use_awaitable);
      auto const answer = answer_(read.substr(0, whole));
      read.erase(0, whole);
      if (answer.silent) continue;
      co_await send(stream, answer);
      if (answer.close) co_return;
    }
  }
  template <typename Stream>
  boost::asio::awaitable<void> send(Stream& stream, ScriptedAnswer const& answer) {
    boost::asio::steady_timer timer(context_);
    for (std::size_t i = 0; i < answer.pieces.size(); ++i) {
      if (i > 0 && answer.between.count() > 0) {
        timer.expires_after(answer.between);
        co_await timer.async_wait(boost::asio::use_awaitable);
      }
      co_await boost::asio::async_write(stream, boost::asio::buffer(answer.pieces[i]), boost::asio::use_awaitable);
    }
  }
  static std::size_t body_size(std::string head) {
    std::ranges::transform(head, head.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::string_view kName = "content-length: ";
    auto const at = head.find(kName);
    std::size_t size = 0;
    if (at != std::string::npos) std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), size);
    return size;
  }

  Answer const answer_;
  boost::asio::io_context context_{1};
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
  bool secure_ = false;
  tcp::acceptor acceptor_{context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  std::atomic<int> connections_ = 0, open_ = 0;
  std::thread thread_;
};

}  // namespace sotto
