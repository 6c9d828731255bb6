// /v1/subscribe: a page or a script follows one live call. The first message carries a one-time ticket, never the
// address.
#pragma once

#include <memory>
#include <string>

#include "app/call_registry.h"
#include "live/delivery/call_feed.h"
#include "net/web_socket.h"

namespace sotto::app {

class SubscribeEndpoint final : public net::WebSocketHandler, public SourceLink {
 public:
  SubscribeEndpoint(CallRegistry& registry, Clock const& clock);
  ~SubscribeEndpoint() override;

  void on_open(net::WebSocketPeer& peer) override;
  void on_text(std::string_view text) override;
  void on_binary(std::span<std::uint8_t const> bytes) override;
  net::Outgoing next_message() override;
  void on_closed(int code, std::string const& why) override;
  // Ticked until it has subscribed, for the time-out of the first message.
  void on_tick(Time now) override;
  void on_replaced() override {}
  void on_ended(EndReason) override {}
  void on_notice(std::string_view, std::int64_t) override {}

 private:
  void on_subscribe(delivery::Subscribe const& subscribe);
  void refuse(Error const& error, bool fatal);

  CallRegistry& registry_;
  Clock const& clock_;
  net::WebSocketPeer* peer_ = nullptr;
  Time opened_{};
  std::string call_;
  std::shared_ptr<delivery::Subscriber> subscriber_;
  std::deque<std::shared_ptr<std::string const>> own_;  // pongs and errors
};

}  // namespace sotto::app
