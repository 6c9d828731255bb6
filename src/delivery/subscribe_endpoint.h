// /v1/subscribe: a page or a script follows one live call. The first message carries a one-time ticket, never the
// address.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "delivery/followed_calls.h"
#include "delivery/tickets.h"
#include "net/loop.h"
#include "net/web_socket.h"
#include "ports/event_bus.h"

namespace sotto::app {

// What subscribers of this process share. Everything outlives their sockets.
struct SubscribeParts {
  net::Loop& loop;
  Clock const& clock;
  EventBus& bus;
  delivery::FollowedCalls& followed;
  Tickets& tickets;
};

class SubscribeEndpoint final : public net::WebSocketHandler {
 public:
  explicit SubscribeEndpoint(SubscribeParts const& parts) : parts_(parts) {}
  ~SubscribeEndpoint() override { *alive_ = false; }

  void on_open(net::WebSocketPeer& peer) override;
  void on_text(std::string_view text) override;
  void on_binary(std::span<std::uint8_t const> bytes) override;
  net::Outgoing next_message() override;
  void on_closed(int code, std::string const& why) override;

 private:
  void on_subscribe(delivery::Subscribe const& subscribe);
  void send(GuideCommand command);
  void refuse(Error const& error, bool fatal);

  SubscribeParts const parts_;
  net::WebSocketPeer* peer_ = nullptr;
  std::string call_;
  std::shared_ptr<delivery::Subscriber> subscriber_;
  std::shared_ptr<std::string const> pong_;  // the newest: a page measures by it, and older ones tell it nothing
  std::deque<std::shared_ptr<std::string const>> errors_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::app
