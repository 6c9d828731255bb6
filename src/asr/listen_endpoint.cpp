#include "asr/listen_endpoint.h"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/limits.h"
#include "net/guard.h"

namespace sotto::app {

namespace json = boost::json;

// RFC 6455 section 7.4.1.
static constexpr int kGoingAway = 1001, kAbnormal = 1006;

// --- the service ---

net::HttpResponse ListenService::refusal(int status, Error const& error, std::string const& request_id) {
  json::object body{{"err_code", error.code}, {"err_msg", error.message}, {"request_id", request_id}};
  // A header holds one line of printable characters; a message may quote what the client sent.
  auto line = error.message;
  std::ranges::replace_if(line, [](unsigned char letter) { return letter < 0x20 || letter >= 0x7F; }, '?');
  return {
      .status = status, .body = json::serialize(body), .headers = {{"dg-request-id", request_id}, {"dg-error", line}}};
}

std::expected<net::Upgrade, net::HttpResponse> ListenService::decide(net::UpgradeRequest const& request) {
  auto const id = random_uuid();
  auto const refuse = [&](int status, Error const& error) {
    parts_.metrics.count(Counter::listen_refused);
    if (auto const times = lines_.note(error.code, std::chrono::steady_clock::now()))
      spdlog::info("listen {}: refused with {} {}{}", id, status, error.code,
                   *times > 1 ? fmt::format(" ({} times)", *times) : "");
    return std::unexpected(refusal(status, error, id));
  };
  auto key = read_listen_key(request.authorization, request.protocols);
  if (parts_.bearer_of) {
    if (!key) return refuse(401, key.error());
    auto const bearer = parts_.bearer_of(key->key);
    if (!bearer) return refuse(401, {"INVALID_AUTH", "Invalid credentials."});
    if (!Needs(Permission::stream_audio).allows(*bearer))
      return refuse(403, {"INSUFFICIENT_PERMISSIONS", "The key does not carry a role that may stream audio."});
  }
  auto asked = read_listen_request(request.request.query);
  if (!asked) return refuse(400, asked.error());
  if (draining_ || !parts_.up()) return refuse(503, {"SERVICE_UNAVAILABLE", "no recogniser takes streams"});
  if (streams() + asked->channels() > parts_.streams_max) {
    return refuse(429, {"TOO_MANY_REQUESTS", fmt::format("at most {} streams at once", parts_.streams_max)});
  }
  parts_.metrics.count(Counter::listen_connections);
  net::Upgrade upgrade{.handler = nullptr, .headers = {{"dg-request-id", id}}};
  if (key && !key->protocol.empty()) upgrade.headers["Sec-WebSocket-Protocol"] = key->protocol;
  upgrade.handler = std::make_unique<ListenEndpoint>(*this, std::move(*asked), id);
  return upgrade;
}

ListenService::~ListenService() {
  for (auto* const endpoint : open_) endpoint->leave();
}

void ListenService::tick() {
  auto const now = parts_.clock.now();
  for (auto* const endpoint : open_) endpoint->tick(now);
}

void ListenService::drain() {
  draining_ = true;
  auto const now = parts_.clock.now();
  for (auto* const endpoint : open_) endpoint->drain(now);
}

bool ListenService::busy() const {
  return std::ranges::any_of(open_, [](ListenEndpoint const* endpoint) { return endpoint->busy(); });
}

int ListenService::streams() const {
  int sum = 0;
  for (auto const* const endpoint : open_) sum += endpoint->streams();
  return sum;
}

// --- one connection ---

ListenEndpoint::ListenEndpoint(ListenService& service, ListenRequest request, std::string id)
    : service_(&service),
      request_(std::move(request)),
      id_(std::move(id)),
      created_(service.parts_.clock.now()),
      audio_(request_.format, request_.query.channels, !request_.query.multichannel),
      session_(request_.query, request_.channels(), id_,
               {.open = [this](int channel, auto sink) { return open_stream(channel, std::move(sink)); },
                .send = [this](deepgram::ServerMessage message) { send(std::move(message)); },
                .close =
                    [this](int code, std::string reason) {
                      if (peer_) peer_->close(code, std::move(reason));
                    },
                .metadata = [this] { return metadata(); },
                .model = service.parts_.model},
               created_),
      pushed_(static_cast<std::size_t>(request_.channels())),
      pushes_(pushed_.size()) {
  service_->open_.insert(this);
}

ListenEndpoint::~ListenEndpoint() {
  if (service_) std::exchange(service_, nullptr)->open_.erase(this);
}

void ListenEndpoint::leave() {
  peer_ = nullptr;
  session_.abort(kGoingAway, "");
  service_ = nullptr;
}

void ListenEndpoint::on_open(net::WebSocketPeer& peer) {
  peer_ = &peer;
  spdlog::info("listen {}: {} channels of {} at {} Hz", id_, request_.query.channels, request_.query.encoding,
               request_.format.rate);
}

void ListenEndpoint::on_text(std::string_view text) {
  auto const now = service_->parts_.clock.now();
  auto const message = deepgram::parse_client_message(text);
  if (!message) {
    if (!std::exchange(told_unknown_, true)) spdlog::info("listen {}: text that is no known message is ignored", id_);
    return session_.on_unknown(now);
  }
  if (auto const* finalize = std::get_if<deepgram::Finalize>(&*message)) {
    for (int channel = 0; channel < channels(); ++channel) {
      if (!finalize->channel || *finalize->channel == channel) flush(channel, now);
    }
  } else if (std::holds_alternative<deepgram::CloseStream>(*message)) {
    for (int channel = 0; channel < channels(); ++channel) flush(channel, now);
  }
  session_.on_message(*message, now);
}

void ListenEndpoint::flush(int channel, Time now) {
  auto const tail = audio_.flush(channel);
  note_push(channel, std::ssize(tail), now);
  session_.on_audio(channel, tail, now);
}

void ListenEndpoint::note_push(int channel, std::int64_t samples, Time now) {
  constexpr std::size_t most = 4096;  // 80 s of 20 ms frames: a final rests on newer audio
  pushed_[channel] += samples;
  pushes_[channel].emplace_back(now, pushed_[channel]);
  if (pushes_[channel].size() > most) pushes_[channel].pop_front();
}

void ListenEndpoint::on_binary(std::span<std::uint8_t const> bytes) {
  if (session_.ending()) return;
  auto const now = service_->parts_.clock.now();
  if (bytes.empty()) return on_text(deepgram::to_text(deepgram::CloseStream{}));  // the protocol's older way to say it
  auto const before = audio_.seconds();
  auto const samples = audio_.accept(bytes);
  if (!samples) return session_.abort(deepgram::kUndecodableCode, std::string(deepgram::kUndecodable));
  service_->parts_.metrics.count(Counter::listen_audio_seconds, (audio_.seconds() - before) * channels());
  for (int channel = 0; channel < channels(); ++channel) {
    auto const& heard = (*samples)[channel];
    note_push(channel, std::ssize(heard), now);
    session_.on_audio(channel, heard, now);
  }
}

std::unique_ptr<RecognizerStream> ListenEndpoint::open_stream(int channel, std::function<void(SpeechEvent)> sink) {
  return service_->parts_.open(
      [this, channel, sink = std::move(sink)](SpeechEvent event) {
        event_at_ = service_->parts_.executor.posted_at();
        if (auto const* final = std::get_if<SpeechFinal>(&event)) measure(channel, *final);
        sink(std::move(event));
        event_at_ = {};
        if (peer_) peer_->resume();
      },
      request_.query);
}

// The recogniser's own share of a final's time, so that the server's can be told from outside (bench/asr_server.py).
void ListenEndpoint::measure(int channel, SpeechFinal const& final) {
  service_->parts_.metrics.count(Counter::listen_finals);
  auto& pushes = pushes_[channel];
  while (pushes.size() > 1 && pushes[1].first <= final.endpoint_audio_at) pushes.pop_front();
  if (pushes.empty() || final.reason != FinalReason::endpoint) return;
  auto const took = event_at_ - final.endpoint_audio_at;
  service_->parts_.metrics.observe(Histogram::listen_engine, took);
  spdlog::debug("listen {}: final channel {} to {} by audio to {} took {} us", id_, channel, final.to,
                pushes.front().second, took.count());
}

void ListenEndpoint::send(deepgram::ServerMessage message) {
  auto const* results = std::get_if<deepgram::Results>(&message);
  bool const full = queue_.size() >= limits::kSubscriberQueueMax;
  if (full && results && !results->is_final) return;  // the next one says more
  Time const posted = results && results->is_final ? event_at_ : Time{};
  queue_.push_back({std::make_shared<std::string const>(deepgram::to_text(message)), posted});
  if (peer_) peer_->wake();
}

net::Outgoing ListenEndpoint::next_message() {
  if (queue_.empty()) return {};
  auto message = std::move(queue_.front());
  queue_.pop_front();
  if (message.posted > Time{}) {
    service_->parts_.metrics.observe(Histogram::listen_send, service_->parts_.clock.now() - message.posted);
  }
  if (peer_) peer_->resume();
  return {.bytes = std::move(message.bytes)};
}

bool ListenEndpoint::wants_more() const {
  return session_.closed() ||
         (session_.backlog() < deepgram::kBacklogMax && queue_.size() < limits::kSubscriberQueueMax);
}

deepgram::Metadata ListenEndpoint::metadata() {
  return {.request_id = id_,
          .sha256 = audio_.sha256(),
          .created = to_rfc3339(created_),
          .duration = audio_.seconds(),
          .channels = request_.query.channels};
}

void ListenEndpoint::tick(Time now) {
  if (peer_) session_.tick(now);
}

void ListenEndpoint::drain(Time now) {
  if (!peer_) return;
  for (int channel = 0; channel < channels(); ++channel) flush(channel, now);
  session_.end(kGoingAway, "the server stops", now);
}

void ListenEndpoint::on_closed(int code, std::string const& why) {
  peer_ = nullptr;
  session_.abort(code, why);
  if (service_) service_->open_.erase(this);
  spdlog::info("listen {}: closed with {} after {:.1f} s of audio", id_, code == 0 ? kAbnormal : code,
               audio_.seconds());
}

}  // namespace sotto::app
