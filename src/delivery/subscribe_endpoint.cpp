#include "delivery/subscribe_endpoint.h"

#include "base/limits.h"

namespace sotto::app {

static constexpr int kNormal = 1000, kPolicy = 1008;
// What a page that does not read would miss of them it does not miss.
static constexpr std::size_t kErrorsMax = 16;

void SubscribeEndpoint::on_open(net::WebSocketPeer& peer) {
  peer_ = &peer;
  parts_.loop.after(limits::kStartTimeout, [this, alive = alive_] {
    if (*alive && peer_ && !subscriber_) refuse({"subscribe_timeout", "no subscribe within 10 s"}, true);
  });
}

void SubscribeEndpoint::on_text(std::string_view text) {
  auto const message = delivery::decode_from_subscriber(text);
  if (!message) return refuse(message.error(), !subscriber_);
  if (auto const* subscribe = std::get_if<delivery::Subscribe>(&*message)) return on_subscribe(*subscribe);
  if (!subscriber_) return refuse({"no_subscribe", "the first message must be subscribe"}, true);
  if (auto const* ping = std::get_if<delivery::Ping>(&*message)) {
    pong_ = std::make_shared<std::string const>(delivery::encode_pong(ping->t, parts_.clock.now()));
    peer_->wake();
    return;
  }
  auto const* displayed = std::get_if<CueDisplayed>(&*message);
  send(displayed ? GuideCommand(*displayed) : GuideCommand(std::get<Dismiss>(*message)));
}

void SubscribeEndpoint::send(GuideCommand command) {
  parts_.bus.send(call_, std::move(command), [this, alive = alive_](Result<void> done) {
    // What is over needs neither.
    if (*alive && peer_ && !done && done.error().code != "not_live") refuse(done.error(), false);
  });
}

void SubscribeEndpoint::on_subscribe(delivery::Subscribe const& subscribe) {
  if (subscriber_) return refuse({"already_subscribed", "this connection follows call " + call_ + " already"}, false);
  auto const ticket = parts_.tickets.redeem(subscribe.ticket, parts_.clock.now());
  if (!ticket) return refuse(ticket.error(), true);
  auto subscriber = std::make_shared<delivery::Subscriber>([this] { peer_->wake(); }, ticket->scope);
  if (auto joined = parts_.followed.subscribe(ticket->call, subscriber, subscribe.cursor); !joined)
    return refuse(joined.error(), true);
  call_ = ticket->call;
  subscriber_ = std::move(subscriber);
  peer_->prove();
}

void SubscribeEndpoint::on_binary(std::span<std::uint8_t const>) {
  refuse({"bad_message", "binary messages are not for this socket"}, false);
}

void SubscribeEndpoint::refuse(Error const& error, bool fatal) {
  if (errors_.size() < kErrorsMax)
    errors_.push_back(std::make_shared<std::string const>(delivery::encode_error(error)));
  if (fatal) peer_->close(kPolicy, error.code);
  peer_->wake();
}

net::Outgoing SubscribeEndpoint::next_message() {
  if (pong_) return {.bytes = std::exchange(pong_, nullptr)};
  if (!errors_.empty()) {
    auto message = std::move(errors_.front());
    errors_.pop_front();
    return {.bytes = std::move(message)};
  }
  if (!subscriber_) return {};
  auto message = subscriber_->next();
  if (!message && subscriber_->closed()) {
    if (subscriber_->handed_over()) peer_->close(kPolicy, "handed_over");
    else peer_->close(kNormal, "the call has ended");
  }
  return {.bytes = std::move(message)};
}

void SubscribeEndpoint::on_closed(int, std::string const&) {
  peer_ = nullptr;
  subscriber_.reset();
}

}  // namespace sotto::app
