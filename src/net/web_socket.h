// One WebSocket (RFC 6455), server or client side: one reader and one writer coroutine, a handler between them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "base/byte_budget.h"
#include "net/loop.h"
#include "net/plain_stream.h"
#include "net/write_rounds.h"

namespace sotto::net {

struct Outgoing {
  std::shared_ptr<std::string const> bytes;  // null: nothing to write
  bool binary = false;
};

// The side of a socket that its handler sees. Valid until on_closed().
class WebSocketPeer {
 public:
  virtual ~WebSocketPeer() = default;
  // The handler's next_message() has something.
  virtual void wake() = 0;
  // After what next_message() still has, close with this code (RFC 6455 section 7.4).
  virtual void close(int code, std::string reason) = 0;
  // Gone at once, without a word: for a peer that no longer listens.
  virtual void drop() = 0;
  // The handler's wants_more() may have changed to true.
  virtual void resume() = 0;
  // The peer has shown that it may be here: it keeps its place when strangers come.
  virtual void prove() = 0;
  // What waits to be written to it draws from here.
  virtual ByteBudget& budget() = 0;
};

// One per socket, owned by it; everything on the loop.
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  virtual void on_open(WebSocketPeer& peer) = 0;
  virtual void on_text(std::string_view text) = 0;
  virtual void on_binary(std::span<std::uint8_t const> bytes) = 0;
  virtual Outgoing next_message() = 0;
  // False: nothing is read until resume(), so that the peer is slowed by TCP. A peer that is not read for 20 s is lost:
  // its pongs are not seen either.
  virtual bool wants_more() const { return true; }
  // A client was refused at the handshake; nothing follows. `body`: what the server said.
  virtual void on_refused(int status, std::string const& body);
  // Exactly once, but not after on_refused(); `why`: the peer's close reason or the transport's error.
  virtual void on_closed(int code, std::string const& why) = 0;
};

// How a socket stands to the server it came to; a client's has none.
struct SocketAdmission {
  std::function<void()> prove;
  ByteBudget* budget = nullptr;  // of the process, outlives the socket
  std::shared_ptr<WriteRounds> rounds = nullptr;
};

// Transport: PlainStream, or over TLS beast::ssl_stream<PlainStream>.
template <typename Transport>
class BasicWebSocket final : public WebSocketPeer, public std::enable_shared_from_this<BasicWebSocket<Transport>> {
 public:
  using Stream = boost::beast::websocket::stream<Transport>;

  BasicWebSocket(Loop& loop, Transport stream, std::unique_ptr<WebSocketHandler> handler, bool server,
                 std::size_t message_max, SocketAdmission admission = {});
  void wake() override;
  void close(int code, std::string reason) override;
  void drop() override;
  void resume() override { incoming_.raise(); }
  void prove() override {
    if (admission_.prove) admission_.prove();
  }
  ByteBudget& budget() override { return budget_; }

  // After the handshake: tells the handler, runs the writer beside, returns when the socket is closed.
  asio::awaitable<void> run();
  Stream& stream() { return stream_; }

 private:
  asio::awaitable<void> write();
  asio::awaitable<void> read();
  // Writes what the handler has at once, where nothing else is being written. False: the writer is to do it.
  bool write_now();
  Outgoing next_message();
  asio::awaitable<void> refuse(boost::beast::websocket::close_code code, char const* why);
  asio::awaitable<bool> read_message(boost::beast::flat_buffer& buffer, boost::system::error_code& failed);

  // More than this waits for no peer: what it is sent it can have again by a snapshot.
  static constexpr std::size_t kBudget = 4 * 1024 * 1024;

  Loop& loop_;
  SocketAdmission const admission_;
  ByteBudget budget_{kBudget, admission_.budget};
  Stream stream_;
  std::unique_ptr<WebSocketHandler> handler_;
  Signal outgoing_, incoming_;
  std::deque<Outgoing> held_;  // found no room at once
  std::size_t const message_max_;
  bool idle_writer_ = false;  // it waits for something to write
  bool flushing_ = false;     // in the next round
  std::optional<boost::beast::websocket::close_reason> closing_;
  bool refused_ = false;  // the reader closes
  bool reader_done_ = false, writer_done_ = false;
};

using WebSocket = BasicWebSocket<PlainStream>;
using SecureWebSocket = BasicWebSocket<boost::beast::ssl_stream<PlainStream>>;

}  // namespace sotto::net
