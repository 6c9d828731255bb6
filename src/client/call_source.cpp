#include "client/call_source.h"

#include <algorithm>
#include <ranges>
#include <deque>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/limits.h"
#include "live/audio/g711.h"
#include "net/client.h"

namespace sotto::app {

class CallSource::Connection final : public net::WebSocketHandler {
 public:
  explicit Connection(std::shared_ptr<CallSource> source) : source_(std::move(source)) {}
  void on_open(net::WebSocketPeer& peer) override {
    peer_ = &peer;
    source_->connection_ = this;
    ingest::Start start{.call = source_->options_.call, .resume = source_->resume_};
    send(ingest::encode_start(start), false);
  }
  void on_text(std::string_view text) override { source_->on_message(text); }
  void on_binary(std::span<std::uint8_t const>) override {}
  net::Outgoing next_message() override {
    if (queue_.empty()) return {};
    auto message = std::move(queue_.front());
    queue_.pop_front();
    return message;
  }
  void on_closed(int code, std::string const& why) override {
    if (source_->connection_ == this) source_->connection_ = nullptr;
    source_->on_closed(code, why);
  }
  void send(std::string message, bool binary) {
    queue_.push_back({std::make_shared<std::string const>(std::move(message)), binary});
    peer_->wake();
  }
  void close() { peer_->close(1000, ""); }

 private:
  std::shared_ptr<CallSource> source_;
  net::WebSocketPeer* peer_ = nullptr;
  std::deque<net::Outgoing> queue_;
};

CallSource::CallSource(net::Loop& loop, Clock const& clock, net::ServerAddress server, SourceOptions options,
                       Listener listener)
    : loop_(loop),
      clock_(clock),
      server_(std::move(server)),
      options_(std::move(options)),
      listener_(std::move(listener)) {}

void CallSource::run() { connect(); }

void CallSource::connect() {
  net::connect(loop_, server_, "/v1/ingest", std::make_unique<Connection>(shared_from_this()),
               limits::kControlBytesMax);
}

void CallSource::stop() { stopping_ = true; }

void CallSource::on_message(std::string_view text) {
  auto const message = parse_object(text);
  if (!message) return;
  auto const type = get_string(*message, "type");
  if (type == "started") {
    resume_ = get_string(*message, "resume");
    failures_ = 0;
    end_sent_ = false;
    if (begun_) {
      if (auto const* tracks = get_array(*message, "tracks")) rewind(*tracks);
    } else {
      begun_ = clock_.now();
      if (get_int(*message, "rules", 1) == 0)
        listener_.on_trouble(
            fmt::format("no rules are in force for tenant {}: words come, and no cues", options_.call.tenant));
      listener_.on_started();
    }
    loop_.spawn("source", send_audio(++connection_id_));
  } else if (type == "paused") {
    held_ = true;
  } else if (type == "resumed") {
    held_ = false;
  } else if (type == "ended") {
    finish(get_string(*message, "reason"));
  } else if (type == "error") {
    if (get_bool(*message, "fatal")) {
      finish(fail(get_string(*message, "code"), get_string(*message, "message")));
    } else {
      listener_.on_trouble(get_string(*message, "message"));
    }
  }
}

void CallSource::on_closed(int, std::string const& why) {
  ++connection_id_;  // ends its send_audio
  if (done_) return;
  if (++failures_ > options_.reconnects_max || (resume_.empty() && failures_ > 0))
    return finish(fail("no_server", why));
  if (failures_ == 1) listener_.on_trouble(fmt::format("connection lost ({}), trying again", why));
  loop_.spawn("reconnect", connect_later());
}

net::asio::awaitable<void> CallSource::connect_later() {
  auto const self = shared_from_this();
  net::asio::steady_timer timer(loop_.context(), std::min(std::chrono::milliseconds(100 << std::min(failures_, 5)),
                                                          std::chrono::milliseconds(3000)));
  co_await timer.async_wait(net::asio::use_awaitable);
  if (!done_) connect();
}

void CallSource::finish(Result<std::string> result) {
  if (std::exchange(done_, true)) return;
  ++connection_id_;
  if (connection_) connection_->close();
  listener_.on_done(std::move(result));
}

std::string CallSource::bytes(std::size_t track, std::int64_t from, std::int64_t to) const {
  auto const& channel = options_.channels[track];
  std::vector<std::uint8_t> samples;
  for (auto i = from; i < to; ++i) {
    auto const value =
        i < static_cast<std::int64_t>(channel.size()) ? channel[static_cast<std::size_t>(i)] : std::int16_t{0};
    if (options_.call.format.coding == Coding::mulaw) {
      samples.push_back(audio::encode_mulaw(value));
    } else {
      samples.push_back(static_cast<std::uint8_t>(value & 0xFF));
      samples.push_back(static_cast<std::uint8_t>(value >> 8 & 0xFF));
    }
  }
  auto const packet = ingest::encode_packet(track, from, samples);
  return {packet.begin(), packet.end()};
}

bool CallSource::in_pause(std::int64_t sample, std::int64_t* until) const {
  for (auto const& pause : options_.pauses) {
    auto const at = [&](std::int64_t ms) { return ms * options_.call.format.rate / 1000; };
    if (sample >= at(pause.from_ms) && sample < at(pause.to_ms)) {
      *until = at(pause.to_ms);
      return true;
    }
  }
  return false;
}

// After a reconnect: the pauses the server may not know of, then what it has not received.
void CallSource::rewind(boost::json::array const& tracks) {
  std::vector<std::int64_t> received;
  for (auto const& track : tracks) received.push_back(get_int(track.get_object(), "received"));
  if (received.empty()) return;
  for (auto const& pause : options_.pauses) {
    auto const from = pause.from_ms * options_.call.format.rate / 1000,
               to = pause.to_ms * options_.call.format.rate / 1000;
    if (to <= std::ranges::min(received) || from >= sent_) continue;
    connection_->send(ingest::encode_control("pause", from), false);
    if (to <= sent_) connection_->send(ingest::encode_control("resume", to), false);
  }
  // The newest; where it is known already it changes nothing.
  for (auto const& transfer : options_.transfers | std::views::reverse) {
    if (transfer.at_ms * options_.call.format.rate / 1000 >= sent_) continue;
    connection_->send(ingest::encode_transfer(transfer.to), false);
    break;
  }
  for (std::size_t track = 0; track < received.size() && track < options_.channels.size(); ++track) {
    send_rewound(track, received[track]);
  }
}

// In packets of a second, up to where this source had come.
void CallSource::send_rewound(std::size_t track, std::int64_t from) {
  for (auto at = from; at < sent_;) {
    std::int64_t until = 0;
    if (in_pause(at, &until)) {
      at = until;
      continue;
    }
    auto to = std::min(sent_, at + options_.call.format.rate);
    for (auto const& pause : options_.pauses) {
      auto const start = pause.from_ms * options_.call.format.rate / 1000;
      if (start > at) to = std::min(to, start);
    }
    connection_->send(bytes(track, at, to), true);
    at = to;
  }
}

void CallSource::send_transfers(std::int64_t from, std::int64_t to) {
  for (auto const& transfer : options_.transfers) {
    auto const at = transfer.at_ms * options_.call.format.rate / 1000;
    if (at >= from && at < to) connection_->send(ingest::encode_transfer(transfer.to), false);
  }
}

void CallSource::send_step(std::int64_t from, std::int64_t to) {
  for (std::size_t track = 0; track < options_.channels.size(); ++track)
    connection_->send(bytes(track, from, to), true);
}

// Open loop: packet k leaves when its last sample was spoken, whatever the server does.
net::asio::awaitable<void> CallSource::send_audio(std::uint64_t connection) {
  auto const self = shared_from_this();
  auto const rate = options_.call.format.rate;
  auto const step = rate / 50;
  std::int64_t total = 0;
  for (auto const& channel : options_.channels) total = std::max(total, static_cast<std::int64_t>(channel.size()));
  net::asio::steady_timer timer(loop_.context());
  bool in_a_pause = false;
  while (connection == connection_id_ && sent_ < total && !stopping_) {
    auto const next = std::min(total, sent_ + step);
    auto const due = *begun_ + Duration(static_cast<std::int64_t>(1e6 * next / (rate * options_.call.speed)));
    if (auto const wait = due - clock_.now(); wait > Duration(0)) {
      timer.expires_after(wait);
      co_await timer.async_wait(net::asio::use_awaitable);
      if (connection != connection_id_) co_return;
    }
    std::int64_t until = 0;
    bool const pause = in_pause(sent_, &until);
    if (pause != in_a_pause) connection_->send(ingest::encode_control(pause ? "pause" : "resume", sent_), false);
    in_a_pause = pause;
    send_transfers(sent_, next);
    if (!pause && !held_) send_step(sent_, next);
    sent_ = next;
  }
  if (connection != connection_id_ || std::exchange(end_sent_, true)) co_return;
  connection_->send(R"({"type":"end"})", false);
}

}  // namespace sotto::app
