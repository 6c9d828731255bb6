#include "gateway/ingest_endpoint.h"

#include <tuple>

#include "base/limits.h"

namespace sotto::app {

// WebSocket close codes (RFC 6455 section 7.4.1).
static constexpr int kNormal = 1000, kGoingAway = 1001, kPolicy = 1008, kBroken = 1011;
// A sender that goes on sending nonsense is cut.
static constexpr int kRefusedMax = 20;

IngestEndpoint::IngestEndpoint(CallRegistry& registry, Clock const& clock, Principal source)
    : registry_(registry), clock_(clock), source_(std::move(source)) {}

IngestEndpoint::~IngestEndpoint() {
  registry_.unwatch(*this);
  if (!call_.empty()) registry_.detach(call_, *this);
}

void IngestEndpoint::on_open(net::WebSocketPeer& peer) {
  peer_ = &peer;
  opened_ = clock_.now();
  registry_.watch(*this);
}

gateway::CapturedCall* IngestEndpoint::carried() { return call_.empty() || !open_ ? nullptr : registry_.find(call_); }

void IngestEndpoint::on_text(std::string_view text) {
  if (!open_) return;
  auto control = ingest::decode_control(text);
  if (!control) return call_.empty() ? close(kPolicy, control.error()) : refuse(control.error());
  if (auto* start = std::get_if<ingest::Start>(&*control)) return on_start(std::move(*start));
  auto* const call = carried();
  if (!call) return close(kPolicy, {"no_start", "the first message must be start"});
  if (auto const* pause = std::get_if<ingest::Pause>(&*control)) {
    if (auto paused = call->on_pause(pause->sample, "source"); !paused) refuse(paused.error());
  } else if (auto const* resume = std::get_if<ingest::Resume>(&*control)) {
    call->on_resume(resume->sample, "source");
  } else if (auto const* transfer = std::get_if<ingest::Transfer>(&*control)) {
    on_transfer(*call, *transfer);
  } else if (auto* expect = std::get_if<ingest::Expect>(&*control)) {
    call->on_expect(std::move(expect->terms));
  } else {
    call->on_end(EndReason::hangup);
  }
}

void IngestEndpoint::on_start(ingest::Start start) {
  if (!call_.empty()) return refuse({"already_started", "this connection carries call " + call_ + " already"});
  start.call.region = registry_.region();
  if (!source_.scope.covers(scope_of(start.call)))
    return close(kPolicy,
                 {"other_scope", "the token of this source is not for calls of this tenant, region, team or agent"});
  info_ = start.call;
  call_ = info_.id;
  if (auto asked = registry_.start(std::move(start), *this); !asked) on_start_refused(asked.error());
}

void IngestEndpoint::on_transfer(gateway::CapturedCall& call, ingest::Transfer const& transfer) {
  auto after = scope_of(info_);
  std::tie(after.team, after.agent) = std::tie(transfer.team, transfer.agent);
  if (!source_.scope.covers(after))
    return refuse({"other_scope", "the token of this source is not for calls of this team or agent"});
  if (auto handed = call.on_transfer(transfer.agent, transfer.team); !handed) refuse(handed.error());
}

void IngestEndpoint::on_started(gateway::CapturedCall const& call, std::string const& resume_token, std::size_t rules) {
  started_ = true;
  send(ingest::encode_started(info_, resume_token, call.capture().progress(), rules));
}

void IngestEndpoint::on_start_refused(Error const& error) {
  call_.clear();
  close(kPolicy, error);
}

void IngestEndpoint::on_binary(std::span<std::uint8_t const> bytes) {
  if (!open_) return;
  auto* const call = carried();
  if (!call && !call_.empty() && !started_) return;  // it is taken over: what was sent too early is sent again
  if (!call) return close(kPolicy, {"no_start", "the first message must be start"});
  auto packet = ingest::decode_packet(bytes, info_, clock_.now());
  if (!packet) return refuse(packet.error());
  if (auto accepted = call->on_packet(std::move(*packet)); !accepted) refuse(accepted.error());
}

void IngestEndpoint::refuse(Error const& error) {
  if (++refused_ >= kRefusedMax) return close(kPolicy, error);
  send(ingest::encode_error(error, false));
}

void IngestEndpoint::close(int code, Error const& error) {
  open_ = false;
  send(ingest::encode_error(error, true));
  peer_->close(code, error.code);
}

void IngestEndpoint::on_tick(Time now) {
  if (call_.empty()) {
    if (open_ && now - opened_ >= limits::kStartTimeout) close(kPolicy, {"start_timeout", "no start within 10 s"});
    return;
  }
  auto* const call = carried();
  if (!call || !started_ || now - acked_ < limits::kAckInterval) return;
  acked_ = now;
  send(ingest::encode_ack(call->capture().progress()));
}

void IngestEndpoint::on_replaced() { close(kPolicy, {"replaced", "the call goes on over another connection"}); }

void IngestEndpoint::on_ended(EndReason reason) {
  if (!open_) return;
  open_ = false;
  send(ingest::encode_ended(reason));
  peer_->close(kNormal, "ended");
}

void IngestEndpoint::on_abandoned() { close(kBroken, {"internal", "the server cannot carry this call any more"}); }

void IngestEndpoint::on_server_stops() {
  open_ = false;
  peer_->close(kGoingAway, "the server stops");
}

void IngestEndpoint::on_notice(std::string_view type, std::int64_t sample) {
  send(ingest::encode_notice(type, sample));
}

void IngestEndpoint::send(std::string message) {
  if (queue_.size() >= limits::kSubscriberQueueMax)
    queue_.pop_front();  // a source that does not read misses old acks only
  queue_.push_back(std::make_shared<std::string const>(std::move(message)));
  if (peer_) peer_->wake();
}

net::Outgoing IngestEndpoint::next_message() {
  if (queue_.empty()) return {};
  auto message = std::move(queue_.front());
  queue_.pop_front();
  return {.bytes = std::move(message)};
}

void IngestEndpoint::on_closed(int, std::string const&) {
  registry_.unwatch(*this);
  if (!call_.empty()) registry_.detach(call_, *this);
  open_ = false;
}

}  // namespace sotto::app
