// Frames of a server as they arrive, whether they went straight out or through the writer.
#include "net/web_socket.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "base/check.h"
#include "net/server.h"

namespace sotto::net {
namespace {

constexpr int kMessages = 3000;

// Of many sizes: most are those of a delta, some are larger than a socket's buffer.
std::string message(int number) {
  auto const size = number % 500 == 7  ? 3'000'000
                    : number % 50 == 3 ? 70'000
                    : number % 10 == 1 ? 20'000
                                       : 40 + number % 400;
  auto text = std::to_string(number) + " ";
  text.resize(static_cast<std::size_t>(size), static_cast<char>('a' + number % 26));
  return text;
}

// Told to begin, it has everything to say in small portions; each portion wakes the socket.
class Talker final : public WebSocketHandler {
 public:
  explicit Talker(Loop& loop) : loop_(loop) {}
  ~Talker() override { *alive_ = false; }
  void on_open(WebSocketPeer& peer) override { peer_ = &peer; }
  void on_text(std::string_view) override { say(); }
  void on_binary(std::span<std::uint8_t const>) override {}
  Outgoing next_message() override {
    if (queue_.empty()) return {};
    auto bytes = std::make_shared<std::string const>(std::move(queue_.front()));
    queue_.pop_front();
    return {.bytes = std::move(bytes)};
  }
  void on_closed(int, std::string const&) override { peer_ = nullptr; }

 private:
  void say() {
    if (!peer_) return;
    for (int i = 0; i < 3 && next_ < kMessages; ++i) {
      queue_.push_back(message(next_++));
      peer_->wake();
    }
    if (next_ == kMessages) return peer_->close(1000, "that was all");
    loop_.post([this, alive = alive_] {
      if (*alive) say();
    });
  }
  Loop& loop_;
  WebSocketPeer* peer_ = nullptr;
  std::deque<std::string> queue_;
  int next_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// A client of its own hand: what arrives is looked at byte by byte.
class RawClient {
 public:
  RawClient(int port, int receive_buffer) : tcp_(::socket(AF_INET, SOCK_STREAM, 0)) {
    CHECK(tcp_ >= 0);
    if (receive_buffer > 0) ::setsockopt(tcp_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::connect(tcp_, reinterpret_cast<sockaddr const*>(&to), sizeof to) == 0);
    send(
        "GET /talk HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    for (std::string head; !head.ends_with("\r\n\r\n");) head += static_cast<char>(byte());
  }
  ~RawClient() { ::close(tcp_); }

  // Masked with zeros; at most 64 KiB.
  void frame(int opcode, std::string_view payload) {
    auto const size = payload.size();
    std::string out{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | (size < 126 ? size : 126))};
    if (size >= 126) out += {static_cast<char>(size >> 8), static_cast<char>(size)};
    send(out + std::string(4, '\0') + std::string(payload));
  }
  // The other side said nothing more, and did not hang up, for a while.
  bool quiet() const {
    pollfd readable{.fd = tcp_, .events = POLLIN, .revents = 0};
    return at_ == have_ && ::poll(&readable, 1, 200) == 0;
  }
  struct Frame {
    int opcode = 0;
    std::string payload;
  };
  Frame next() {
    Frame out;
    auto const first = byte();
    EXPECT_EQ(first & 0xf0, 0x80) << "whole frames, without reserved bits";
    out.opcode = first & 0x0f;
    std::size_t size = byte();
    EXPECT_LT(size, 128u) << "a server does not mask";
    auto const more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (more > 0) size = 0;
    for (int i = 0; i < more; ++i) size = size << 8 | byte();
    out.payload.resize(size);
    for (auto& c : out.payload) c = static_cast<char>(byte());
    return out;
  }

 private:
  void send(std::string_view bytes) {
    CHECK(::send(tcp_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
  }
  std::uint8_t byte() {
    if (at_ == have_) {
      auto const got = ::recv(tcp_, buffer_.data(), buffer_.size(), 0);
      if (got <= 0) throw std::runtime_error("the connection ended");
      have_ = static_cast<std::size_t>(got);
      at_ = 0;
    }
    return static_cast<std::uint8_t>(buffer_[at_++]);
  }
  int const tcp_;
  std::string buffer_ = std::string(8192, '\0');
  std::size_t at_ = 0, have_ = 0;
};

// Everything a client reads, which pings now and then and, if it is slow, rests.
void listen_to_all(int port, bool slow) {
  RawClient client(port, slow ? 4096 : 0);
  client.frame(1, "begin");
  int next = 0, pongs = 0, pings = 0;
  for (;;) {
    auto const frame = client.next();
    if (frame.opcode == 8) break;
    if (frame.opcode == 10) {
      EXPECT_EQ(frame.payload, "are you there");
      ++pongs;
      continue;
    }
    ASSERT_EQ(frame.opcode, 1);
    ASSERT_TRUE(frame.payload == message(next)) << next << ": " << frame.payload.substr(0, 20);
    if (next % 40 == 0) {
      client.frame(9, "are you there");
      ++pings;
    }
    ++next;
  }
  EXPECT_EQ(next, kMessages);
  EXPECT_GT(pongs, 0);
  EXPECT_LE(pongs, pings);
}

// Runs `client` against a server that talks, and stops it behind it.
void with_server(std::function<void(int port)> const& client) {
  Loop loop;
  std::map<std::string, WebSocketRoute> routes;
  routes.emplace("/talk", WebSocketRoute{.needs = Permission::none, .message_max = 1024, .make = [&](Principal const&) {
                                           return std::make_unique<Talker>(loop);
                                         }});
  Server server(
      loop,
      {.host = "127.0.0.1",
       .port = 0,
       .guard = {},
       .rule = [](auto const&) { return RouteRule{.needs = Permission::none}; }},
      [](auto const&, auto) {}, std::move(routes));
  ASSERT_TRUE(server.listen());
  std::thread clients([&, port = server.port()] {
    client(port);
    loop.stop();
  });
  loop.run();
  clients.join();
}

TEST(WebSocket, FramesArriveWholeAndInOrderHoweverSlowTheyAreRead) {
  with_server([](int port) {
    std::thread quick([port] { listen_to_all(port, false); });
    listen_to_all(port, true);
    quick.join();
  });
}

TEST(WebSocket, ATooBigMessageIsRefusedAndTheConnectionKeptUntilThePeerHasReadWhy) {
  with_server([](int port) {
    RawClient client(port, 0);
    client.frame(2, std::string(60'000, 'x'));
    auto const frame = client.next();
    ASSERT_EQ(frame.opcode, 8);
    EXPECT_EQ(frame.payload, "\x03\xf1the message is too big");
    EXPECT_TRUE(client.quiet()) << "hanging up now, it would reset what is on its way";
    client.frame(8, frame.payload);
    EXPECT_THROW(client.next(), std::runtime_error);
  });
}

}  // namespace
}  // namespace sotto::net
