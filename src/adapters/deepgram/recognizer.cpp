#include "adapters/deepgram/recognizer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "net/client.h"

namespace sotto::deepgram {

namespace {

constexpr auto kTickEvery = std::chrono::milliseconds(20);
// A final with the words of 7 s of speech has some 10 kB.
constexpr std::size_t kMessageMax = 256 * 1024;

ListenQuery on_the_wire(ListenQuery query, bool mixed) {
  query.diarize = query.diarize && mixed;
  query.encoding = "linear16";
  query.sample_rate = 16000;
  query.channels = 1;
  query.multichannel = false;
  query.interim_results = true;
  return query;
}

// The service refuses a stream whose terms have more than 500 tokens, and terms of models that know none: so much of
// them is sure to pass. The operator's own come first and are sent as they are.
void add_terms(ListenQuery& query, std::vector<std::string> const& terms) {
  constexpr std::size_t bytes_max = 1000;
  if (!query.model.starts_with("nova-3")) return;
  std::size_t bytes = 0;
  for (auto const& term : query.keyterms) bytes += term.size();
  for (auto const& term : terms) {
    bytes += term.size();
    if (bytes > bytes_max || query.keyterms.size() >= limits::kKeytermsMax) return;
    if (std::ranges::find(query.keyterms, term) == query.keyterms.end()) query.keyterms.push_back(term);
  }
}

}  // namespace

// What a stream and its connection share; either may go first.
struct DeepgramRecognizer::Link {
  Link(DeepgramOptions const& options, Time now, std::shared_ptr<State> of)
      : session(options.session, now), name(options.name), state(std::move(of)) {}

  ListenSession session;
  std::string const name;
  std::shared_ptr<State> const state;     // the counters live as long as connections do
  std::function<void(SpeechEvent)> sink;  // empty once the stream is destroyed
  net::WebSocketPeer* peer = nullptr;     // while the connection is open

  // Events are delivered from the connection and the tick, never inside push() or finish().
  void deliver() {
    for (auto& event : session.take_events()) {
      if (auto const* lost = std::get_if<SpeechLost>(&event)) {
        ++(lost->refused ? state->stats.refused : state->stats.lost);
        // What a provider says is its own text, perhaps with what it was sent: little of it, and not often.
        if (auto const times = state->lines.note(name, std::chrono::steady_clock::now())) {
          spdlog::warn("recogniser {}: {} (request {}){}", name, one_line(lost->reason),
                       session.request_id().empty() ? "unknown" : one_line(session.request_id(), 60),
                       *times > 1 ? fmt::format(", the last of {} losses", *times) : "");
        }
      }
      if (auto const to = sink) to(std::move(event));
    }
    if (session.over() && peer) std::exchange(peer, nullptr)->drop();
  }
  void tick(Time now) {
    session.tick(now);
    if (peer && session.next_wake() <= now) peer->wake();
    deliver();
  }
};

class DeepgramRecognizer::Connection final : public net::WebSocketHandler {
 public:
  Connection(std::shared_ptr<Link> link, Clock const& clock) : link_(std::move(link)), clock_(clock) {}

  void on_open(net::WebSocketPeer& peer) override {
    if (!link_->sink) return peer.close(1000, "");
    link_->peer = &peer;
    link_->session.on_open(clock_.now());
  }
  void on_text(std::string_view text) override {
    link_->session.on_text(text);
    link_->deliver();
  }
  void on_binary(std::span<std::uint8_t const>) override {
    link_->session.on_binary();
    link_->deliver();
  }
  net::Outgoing next_message() override {
    if (!link_->sink) return {};
    auto message = link_->session.next_message(clock_.now());
    if (!message) return {};
    return {std::make_shared<std::string const>(std::move(message->bytes)), message->binary};
  }
  void on_refused(int status, std::string const& body) override {
    link_->session.on_refused(status, body);
    link_->deliver();
  }
  void on_closed(int code, std::string const& why) override {
    link_->peer = nullptr;
    if (!link_->sink) return;  // it was given up here
    link_->session.on_closed(code, why);
    link_->deliver();
  }

 private:
  std::shared_ptr<Link> const link_;
  Clock const& clock_;
};

class DeepgramRecognizer::Stream final : public RecognizerStream {
 public:
  Stream(std::shared_ptr<Link> link, Clock const& clock) : link_(std::move(link)), clock_(clock) {
    ++link_->state->stats.open;
  }
  ~Stream() override {
    --link_->state->stats.open;
    link_->sink = nullptr;
    auto* const peer = std::exchange(link_->peer, nullptr);
    if (peer && link_->session.over()) peer->drop();  // a peer that no longer listens reads no close either
    if (peer && !link_->session.over()) peer->close(1000, "");
  }
  void push(std::int64_t from, std::span<float const> samples) override {
    link_->session.push(from, samples);
    if (link_->peer && link_->session.next_wake() <= clock_.now()) link_->peer->wake();
  }
  void finish() override {
    link_->session.finish();
    if (link_->peer) link_->peer->wake();
  }

 private:
  std::shared_ptr<Link> const link_;
  Clock const& clock_;
};

DeepgramRecognizer::DeepgramRecognizer(DeepgramOptions options, net::Loop& loop, Clock const& clock)
    : options_(std::move(options)), loop_(loop), clock_(clock) {
  loop_.spawn_vital("streams of " + options_.name, tick(loop_, clock_, state_));
}

DeepgramRecognizer::~DeepgramRecognizer() = default;

std::unique_ptr<RecognizerStream> DeepgramRecognizer::open(std::function<void(SpeechEvent)> sink,
                                                           StreamHints const& hints) {
  return connect(std::move(sink), target(false, hints));
}

std::unique_ptr<RecognizerStream> DeepgramRecognizer::open_mixed(std::function<void(SpeechEvent)> sink,
                                                                 StreamHints const& hints) {
  return connect(std::move(sink), target(true, hints));
}

std::string DeepgramRecognizer::target(bool mixed, StreamHints const& hints) const {
  auto query = on_the_wire(options_.query, mixed);
  add_terms(query, hints.keyterms);
  return options_.path + "?" + to_query(query);
}

std::unique_ptr<RecognizerStream> DeepgramRecognizer::connect(std::function<void(SpeechEvent)> sink,
                                                              std::string const& target) {
  auto const link = std::make_shared<Link>(options_, clock_.now(), state_);
  link->sink = std::move(sink);
  ++state_->stats.opened;
  state_->links.push_back(link);
  net::connect(loop_, options_.address, target, std::make_unique<Connection>(link, clock_), kMessageMax);
  return std::make_unique<Stream>(link, clock_);
}

// Deadlines and pace of all streams; ends with the recogniser.
net::asio::awaitable<void> DeepgramRecognizer::tick(net::Loop& loop, Clock const& clock, std::weak_ptr<State> weak) {
  net::asio::steady_timer timer(loop.context());
  for (;;) {
    timer.expires_after(kTickEvery);
    co_await timer.async_wait(net::asio::use_awaitable);
    auto const state = weak.lock();
    if (!state) co_return;
    std::erase_if(state->links, [](auto const& link) { return link.expired(); });
    // By index: delivering may open further streams.
    for (std::size_t at = 0; at < state->links.size(); ++at) {
      auto const link = state->links[at].lock();
      try {
        if (link) link->tick(clock.now());
      } catch (std::exception const& error) {  // of one stream
        spdlog::error("recogniser {}: a stream failed: {}", link->name, error.what());
      }
    }
  }
}

}  // namespace sotto::deepgram
