#include "client/call_follower.h"

#include <deque>

#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "base/limits.h"
#include "call/event_fields.h"
#include "live/delivery/messages.h"
#include "net/client.h"

namespace sotto::app {

namespace json = boost::json;

namespace {

// A server that restarts is back within seconds.
constexpr auto kRetryAfter = std::chrono::milliseconds(300);
constexpr int kRetries = 100;

// What survives a lost connection.
struct Following {
  net::Loop& loop;
  net::ServerAddress server;
  std::string call;
  FollowerListener listener;
  // A new call's first event is asked for too: every event comes, in order, unless the server is too far on (snapshot).
  std::string cursor = "0";
  bool ended = false;
  int failures = 0;
};

void connect(std::shared_ptr<Following> const& following);
void connect_later(std::shared_ptr<Following> const& following);

class Connection final : public net::WebSocketHandler {
 public:
  Connection(std::shared_ptr<Following> following, std::string ticket)
      : following_(std::move(following)), ticket_(std::move(ticket)) {}

  void on_open(net::WebSocketPeer& peer) override {
    json::object const subscribe{{"type", "subscribe"}, {"ticket", ticket_}, {"cursor", following_->cursor}};
    outgoing_ = std::make_shared<std::string const>(json::serialize(subscribe));
    peer.wake();
  }
  void on_text(std::string_view text) override;
  void on_binary(std::span<std::uint8_t const>) override {}
  net::Outgoing next_message() override { return {.bytes = std::exchange(outgoing_, nullptr)}; }
  void on_closed(int, std::string const&) override {
    if (following_->ended) return following_->listener.on_done();
    connect_later(following_);
  }

 private:
  void on_snapshot(json::object const& message);

  std::shared_ptr<Following> following_;
  std::string const ticket_;
  std::shared_ptr<std::string const> outgoing_;
};

void Connection::on_text(std::string_view text) {
  auto const message = parse_object(text);
  if (!message) return;
  auto const type = get_string(*message, "type");
  if (type != "snapshot" && type != "delta") return;
  following_->failures = 0;
  if (type == "snapshot") {
    on_snapshot(*message);
  } else if (auto const* events = get_array(*message, "events")) {
    for (auto const& event : *events) {
      auto const& object = event.get_object();
      following_->listener.on_event(object);
      if (get_string(object, "type") == Fields<CallEnded>::type) following_->ended = true;
    }
  }
  following_->cursor = get_string(*message, "cursor");
}

void Connection::on_snapshot(json::object const& message) {
  if (auto const* call = get_object(message, "call")) following_->listener.on_snapshot(*call);
}

void connect(std::shared_ptr<Following> const& following) {
  auto const reply =
      net::request(following->server, "POST", "/v1/tickets", json::serialize(json::object{{"call", following->call}}));
  if (!reply || reply->status >= 500) return connect_later(following);  // a server that restarts
  auto const body = parse_object(reply->body);
  if (!body || reply->status != 201) return following->listener.on_done();  // the call ended meanwhile
  net::connect(following->loop, following->server, "/v1/subscribe",
               std::make_unique<Connection>(following, get_string(*body, "ticket")), 256 * 1024 * 1024);
}

net::asio::awaitable<void> wait_and_connect(std::shared_ptr<Following> following) {
  net::asio::steady_timer timer(following->loop.context(), kRetryAfter);
  co_await timer.async_wait(net::asio::use_awaitable);
  connect(following);
}

void connect_later(std::shared_ptr<Following> const& following) {
  if (++following->failures > kRetries) return following->listener.on_done();
  following->loop.spawn("follower", wait_and_connect(following));
}

}  // namespace

void follow(net::Loop& loop, net::ServerAddress const& server, std::string const& call, FollowerListener listener) {
  connect(std::make_shared<Following>(
      Following{.loop = loop, .server = server, .call = call, .listener = std::move(listener)}));
}

}  // namespace sotto::app
