#include "app/subscribe_endpoint.h"

#include "base/limits.h"

namespace sotto::app {

static constexpr int kNormal = 1000, kPolicy = 1008;

SubscribeEndpoint::SubscribeEndpoint(CallRegistry& registry, Clock const& clock) : registry_(registry), clock_(clock) {}

SubscribeEndpoint::~SubscribeEndpoint() { registry_.unwatch(*this); }

void SubscribeEndpoint::on_open(net::WebSocketPeer& peer) {
  peer_ = &peer;
  opened_ = clock_.now();
  registry_.watch(*this);
}

void SubscribeEndpoint::on_tick(Time now) {
  if (!subscriber_ && now - opened_ >= limits::start_timeout)
    refuse({"subscribe_timeout", "no subscribe within 10 s"}, true);
}

void SubscribeEndpoint::on_text(std::string_view text) {
  auto const message = delivery::decode_from_subscriber(text);
  if (!message) return refuse(message.error(), !subscriber_);
  if (auto const* subscribe = std::get_if<delivery::Subscribe>(&*message)) return on_subscribe(*subscribe);
  if (!subscriber_) return refuse({"no_subscribe", "the first message must be subscribe"}, true);
  if (auto const* ping = std::get_if<delivery::Ping>(&*message)) {
    own_.push_back(std::make_shared<std::string const>(delivery::encode_pong(ping->t, clock_.now())));
    peer_->wake();
    return;
  }
  auto* const path = registry_.find(call_);
  if (!path) return;
  auto const done = std::holds_alternative<delivery::Displayed>(*message)
                        ? path->on_displayed(std::get<delivery::Displayed>(*message))
                        : path->on_dismissed(std::get<delivery::Dismiss>(*message).cue);
  if (!done) refuse(done.error(), false);
}

void SubscribeEndpoint::on_subscribe(delivery::Subscribe const& subscribe) {
  if (subscriber_) return refuse({"already_subscribed", "this connection follows call " + call_ + " already"}, false);
  auto const call = registry_.redeem_ticket(subscribe.ticket);
  if (!call) return refuse(call.error(), true);
  auto* const path = registry_.find(*call);
  if (!path) return refuse({"not_live", "call " + *call + " has ended"}, true);
  if (path->feed().subscribers() >= limits::subscribers_max)
    return refuse({"too_many_subscribers", "the call has too many followers"}, true);
  call_ = *call;
  registry_.unwatch(*this);
  subscriber_ = std::make_shared<delivery::Subscriber>([this] { peer_->wake(); });
  path->feed().subscribe(subscriber_, subscribe.cursor, clock_.now());
}

void SubscribeEndpoint::on_binary(std::span<std::uint8_t const>) {
  refuse({"bad_message", "binary messages are not for this socket"}, false);
}

void SubscribeEndpoint::refuse(Error const& error, bool fatal) {
  if (own_.size() < limits::subscriber_queue_max)
    own_.push_back(std::make_shared<std::string const>(delivery::encode_error(error)));
  if (fatal) peer_->close(kPolicy, error.code);
  peer_->wake();
}

net::Outgoing SubscribeEndpoint::next_message() {
  if (!own_.empty()) {
    auto message = std::move(own_.front());
    own_.pop_front();
    return {.bytes = std::move(message)};
  }
  if (!subscriber_) return {};
  auto message = subscriber_->next();
  if (!message && subscriber_->closed()) peer_->close(kNormal, "the call has ended");
  return {.bytes = std::move(message)};
}

void SubscribeEndpoint::on_closed(int, std::string const&) {
  registry_.unwatch(*this);
  subscriber_.reset();
}

}  // namespace sotto::app
