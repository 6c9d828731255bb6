#include "net/web_socket.h"

#include <array>
#include <span>
#include <type_traits>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <fmt/format.h>

#include "base/utf8.h"
#include "net/direct_frame.h"

namespace sotto::net {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

// A peer that says nothing and answers no ping for this long is gone.
static constexpr auto kIdle = std::chrono::seconds(20);

void WebSocketHandler::on_refused(int status, std::string const& body) {
  on_closed(1006, status == 401 ? "the server needs a token (--token)"
                                : fmt::format("the server refused: {} {}", status, body));
}

template <typename Transport>
BasicWebSocket<Transport>::BasicWebSocket(Loop& loop, Transport stream, std::unique_ptr<WebSocketHandler> handler,
                                          bool server, std::size_t message_max, SocketAdmission admission)
    : loop_(loop),
      admission_(std::move(admission)),
      stream_(std::move(stream)),
      handler_(std::move(handler)),
      outgoing_(loop.context()),
      incoming_(loop.context()),
      message_max_(message_max) {
  auto timeouts =
      websocket::stream_base::timeout::suggested(server ? beast::role_type::server : beast::role_type::client);
  timeouts.idle_timeout = kIdle;
  timeouts.keep_alive_pings = true;
  stream_.set_option(timeouts);
  stream_.read_message_max(0);   // read_message() sees to it
  stream_.auto_fragment(false);  // one message, one frame
}

template <typename Transport>
void BasicWebSocket<Transport>::close(int code, std::string reason) {
  if (!closing_) {  // a control frame holds 125 bytes
    std::string const why(first_bytes(reason, 120));
    closing_ = websocket::close_reason(static_cast<websocket::close_code>(code), why);
  }
  outgoing_.raise();
}

template <typename Transport>
void BasicWebSocket<Transport>::drop() {
  error_code ignored;
  beast::get_lowest_layer(stream_).socket().close(ignored);
  outgoing_.raise();
}

// A call is told to all who follow it, one after another: each of them costs a system call, and not a round through the
// writer, its timer and the library's layers.
template <typename Transport>
void BasicWebSocket<Transport>::wake() {
  if (!admission_.rounds || !std::is_same_v<Transport, PlainStream> || !idle_writer_) return outgoing_.raise();
  if (std::exchange(flushing_, true)) return;
  admission_.rounds->add([weak = this->weak_from_this()] {
    auto const self = weak.lock();
    if (!self) return;
    self->flushing_ = false;
    if (!self->write_now()) self->outgoing_.raise();
  });
}

template <typename Transport>
bool BasicWebSocket<Transport>::write_now() {
  if constexpr (std::is_same_v<Transport, PlainStream>) {
    auto& tcp = beast::get_lowest_layer(stream_);
    while (idle_writer_ && held_.empty() && !closing_ && stream_.is_open() && !tcp.rate_policy().writing()) {
      std::array<Frame, kFramesMost> frames;
      for (std::size_t size = 0; held_.size() < kFramesMost && size < kFrameBytesMost;) {
        auto message = handler_->next_message();
        if (!message.bytes) break;
        frames[held_.size()] = {*message.bytes, message.binary};
        size += message.bytes->size();
        held_.push_back(std::move(message));
      }
      if (held_.empty()) return !closing_;  // the handler may have asked for that
      auto const sent = send_frames(tcp.socket().native_handle(), std::span(frames).first(held_.size()));
      if (sent == Sent::part) drop();
      if (sent == Sent::all) held_.clear();
    }
  }
  return false;
}

template <typename Transport>
asio::awaitable<void> BasicWebSocket<Transport>::run() {
  auto const self = this->shared_from_this();
  handler_->on_open(*this);
  loop_.spawn("socket writer", write());
  co_await read();
}

template <typename Transport>
Outgoing BasicWebSocket<Transport>::next_message() {
  if (held_.empty()) return handler_->next_message();
  auto message = std::move(held_.front());
  held_.pop_front();
  return message;
}

template <typename Transport>
asio::awaitable<void> BasicWebSocket<Transport>::write() {
  auto const self = this->shared_from_this();
  error_code failed;
  while (!reader_done_ && !refused_ && !failed) {
    auto const message = next_message();
    if (message.bytes) {
      stream_.binary(message.binary);
      co_await stream_.async_write(asio::buffer(*message.bytes), asio::redirect_error(asio::use_awaitable, failed));
    } else if (closing_) {
      co_await stream_.async_close(*closing_, asio::redirect_error(asio::use_awaitable, failed));
      break;
    } else {
      idle_writer_ = true;
      co_await outgoing_.wait();
      idle_writer_ = false;
    }
  }
  writer_done_ = true;
  incoming_.raise();
  if (!reader_done_ && !refused_) beast::get_lowest_layer(stream_).cancel();
}

// Says why, and reads on until the peer has answered: whoever hangs up with bytes unread resets the connection, and the
// reason is lost on its way through a proxy.
template <typename Transport>
asio::awaitable<void> BasicWebSocket<Transport>::refuse(websocket::close_code code, char const* why) {
  closing_ = websocket::close_reason(code, why);
  refused_ = true;
  error_code ignored;
  co_await stream_.async_close(*closing_, asio::redirect_error(asio::use_awaitable, ignored));
}

// One message, piece by piece: what is unfinished is paid for as it grows. False: the socket is over.
template <typename Transport>
asio::awaitable<bool> BasicWebSocket<Transport>::read_message(beast::flat_buffer& buffer, error_code& failed) {
  constexpr std::size_t kPiece = 16 * 1024;
  std::size_t held = 0;
  do {
    auto const size =
        co_await stream_.async_read_some(buffer, kPiece, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) break;
    bool const too_big = held + size > message_max_;
    if (too_big || !budget_.take(size)) {
      co_await (too_big ? refuse(websocket::close_code::too_big, "the message is too big")
                        : refuse(websocket::close_code::try_again_later, "too much is waiting here"));
      failed = websocket::make_error_code(websocket::error::closed);
      break;
    }
    held += size;
  } while (!stream_.is_message_done());
  budget_.give(held);
  co_return !failed;
}

template <typename Transport>
asio::awaitable<void> BasicWebSocket<Transport>::read() {
  beast::flat_buffer buffer;
  error_code failed;
  for (;;) {
    while (!handler_->wants_more() && !writer_done_) co_await incoming_.wait();
    if (!co_await read_message(buffer, failed)) break;
    auto const data = buffer.data();
    if (stream_.got_text()) {
      handler_->on_text({static_cast<char const*>(data.data()), data.size()});
    } else {
      handler_->on_binary({static_cast<std::uint8_t const*>(data.data()), data.size()});
    }
    buffer.consume(buffer.size());
  }
  reader_done_ = true;
  outgoing_.raise();
  auto const& reason = stream_.reason();
  auto const why = reason.reason.empty() ? failed.message() : std::string(reason.reason.data(), reason.reason.size());
  handler_->on_closed(reason.code, why);
}

template class BasicWebSocket<PlainStream>;
template class BasicWebSocket<beast::ssl_stream<PlainStream>>;

}  // namespace sotto::net
