#include "net/web_socket.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace sotto::net {

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

// A peer that says nothing and answers no ping for this long is gone.
static constexpr auto kIdle = std::chrono::seconds(20);

WebSocket::WebSocket(Loop& loop, beast::tcp_stream stream, std::unique_ptr<WebSocketHandler> handler, bool server,
                     std::size_t message_max)
    : loop_(loop),
      stream_(std::move(stream)),
      handler_(std::move(handler)),
      outgoing_(loop.context()),
      incoming_(loop.context()) {
  auto timeouts =
      websocket::stream_base::timeout::suggested(server ? beast::role_type::server : beast::role_type::client);
  timeouts.idle_timeout = kIdle;
  timeouts.keep_alive_pings = true;
  stream_.set_option(timeouts);
  stream_.read_message_max(message_max);
  stream_.auto_fragment(false);  // one message, one frame
}

void WebSocket::close(int code, std::string reason) {
  if (reason.size() > 120) reason.resize(120);  // a control frame holds 125 bytes
  if (!closing_) closing_ = websocket::close_reason(static_cast<websocket::close_code>(code), reason);
  outgoing_.raise();
}

asio::awaitable<void> WebSocket::run() {
  auto const self = shared_from_this();
  handler_->on_open(*this);
  loop_.spawn("socket writer", write());
  co_await read();
}

asio::awaitable<void> WebSocket::write() {
  auto const self = shared_from_this();
  error_code failed;
  while (!reader_done_ && !failed) {
    auto const message = handler_->next_message();
    if (message.bytes) {
      stream_.binary(message.binary);
      co_await stream_.async_write(asio::buffer(*message.bytes), asio::redirect_error(asio::use_awaitable, failed));
    } else if (closing_) {
      co_await stream_.async_close(*closing_, asio::redirect_error(asio::use_awaitable, failed));
      break;
    } else {
      co_await outgoing_.wait();
    }
  }
  writer_done_ = true;
  incoming_.raise();
  if (!reader_done_) beast::get_lowest_layer(stream_).cancel();
}

asio::awaitable<void> WebSocket::read() {
  beast::flat_buffer buffer;
  error_code failed;
  for (;;) {
    while (!handler_->wants_more() && !writer_done_) co_await incoming_.wait();
    co_await stream_.async_read(buffer, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) break;
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

}  // namespace sotto::net
