#include "recovery/simulated_provider.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace sotto::recovery {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// What a socket's buffers take before it takes no more.
constexpr std::size_t kSocketBytes = 64 * 1024;

struct Packet {
  Time arrives;
  std::string bytes;
  bool binary = false;
  std::optional<int> close;  // the code; no message
};

// One direction. Bytes are counted to find the place where it breaks.
struct Pipe {
  std::deque<Packet> packets;
  std::size_t waiting = 0;
  std::int64_t until_break = kNever;
  bool swallows = false;  // what is sent from now on arrives nowhere

  // True: this message holds the byte where the pipe is to break.
  bool breaks_at(Packet const& packet) {
    auto const size = static_cast<std::int64_t>(packet.bytes.size()) + (packet.bytes.size() < 126 ? 2 : 4);
    return until_break != kNever && (until_break -= size) < 0;
  }
  void send(Packet packet) {
    if (swallows) return;
    if (!packets.empty()) packet.arrives = std::max(packet.arrives, packets.back().arrives);
    waiting += packet.bytes.size();
    packets.push_back(std::move(packet));
  }
  std::optional<Packet> take(Time now) {
    if (packets.empty() || packets.front().arrives > now) return std::nullopt;
    auto packet = std::move(packets.front());
    packets.pop_front();
    waiting -= packet.bytes.size();
    return packet;
  }
};

}  // namespace

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::reset: return "reset";
    case Fault::black_hole: return "black hole";
    case Fault::half_open: return "half open";
    case Fault::stall: return "stall";
    case Fault::mute: return "accepts, never answers";
    case Fault::garbage_text: return "garbage as text";
    case Fault::garbage_binary: return "garbage as bytes";
    case Fault::slow: return "slow answers";
    case Fault::restart: return "provider restarts";
    case Fault::skip: return "provider skips";
  }
  return "";
}

// --- one connection, both ends ---

class SimulatedProvider::Connection final : public RecognizerStream {
 public:
  Connection(SimulatedProvider& provider, std::function<void(SpeechEvent)> sink)
      : provider_(provider),
        random_(provider.random_.seed()),
        session_(provider.options_.session, provider.clock_.now()),
        latency_(
            Duration(random_.between(provider.options_.latency_min.count(), provider.options_.latency_max.count()))),
        answered_at_(provider.clock_.now() + latency_ * 4),  // TCP, TLS, the upgrade
        sink_(std::make_shared<std::function<void(SpeechEvent)>>(std::move(sink))) {
    provider_.connections_.push_back(this);
  }
  ~Connection() override { std::erase(provider_.connections_, this); }

  void push(std::int64_t from, std::span<float const> samples) override { session_.push(from, samples); }
  void finish() override { session_.finish(); }

  void step(Time now) {
    if (ended_) return;
    if (!answered_ && now >= answered_at_) answer(now);
    if (dead_) server_.reset();
    if (server_) step_server(now);
    while (auto packet = down_.take(now)) hear(*packet);
    session_.tick(now);
    while (up_.waiting < kSocketBytes) {
      auto message = session_.next_message(now);
      if (!message) break;
      send(up_, {arrival(now), std::move(message->bytes), message->binary, {}});
    }
    for (auto& event : session_.take_events()) {
      provider_.executor_.post([outlet = std::weak_ptr(sink_), event = std::move(event)] {
        if (auto const sink = outlet.lock()) (*sink)(event);
      });
    }
    ended_ = session_.over();
    if (ended_) server_.reset();
  }

  bool open() const { return server_ && !ended_ && !faulty_; }
  void arm(Fault fault);
  // The provider's process ended: the client is told, or not.
  void die(bool told) {
    if (!answered_) return;
    server_.reset();
    up_.swallows = down_.swallows = true;
    if (!told) return;
    down_.packets.clear();
    down_.packets.push_back({provider_.clock_.now() + latency_, "", false, 1006});
  }

 private:
  // Known to the connection as long as the server has it.
  struct Reader final : RecognizerStream {
    Reader(Connection& connection, std::function<void(SpeechEvent)> hear)
        : owner(connection),
          reader(connection.reader_options_, connection.provider_.executor_, connection.provider_.clock_,
                 connection.random_.seed(), std::move(hear)) {
      owner.reader_ = this;
    }
    ~Reader() override {
      if (owner.reader_ == this) owner.reader_ = nullptr;
    }
    void push(std::int64_t from, std::span<float const> samples) override { reader.push(from, samples); }
    void finish() override { reader.finish(); }
    Connection& owner;
    FrameReader reader;
  };

  Time arrival(Time now) { return now + latency_ + Duration(random_.below(provider_.options_.jitter.count() + 1)); }

  void answer(Time now) {
    auto const door = now < provider_.door_shut_until_ ? Door::busy : provider_.door_;
    if (door == Door::gone) return;  // nobody answers
    answered_ = true;
    if (door == Door::closed) return session_.on_closed(1006, "connection refused");
    if (door == Door::mute) {
      up_.swallows = down_.swallows = true;
      return session_.on_open(now);
    }
    if (door != Door::open) {
      return session_.on_refused(door == Door::busy        ? 503
                                 : door == Door::throttled ? 429
                                                           : 401,
                                 "the test wants it so");
    }
    open_server(now);
    session_.on_open(now);
  }

  void open_server(Time now) {
    deepgram::ListenQuery query;
    query.encoding = "linear16";
    query.sample_rate = static_cast<int>(kRate);
    query.interim_results = true;
    server_ = std::make_unique<deepgram::ListenServer>(
        query, 1, "r",
        deepgram::ListenServer::Parts{
            .open =
                [this](int, std::function<void(SpeechEvent)> hear) {
                  return std::make_unique<Reader>(*this, std::move(hear));
                },
            .send = [this](deepgram::ServerMessage message) { tell(std::move(message)); },
            .close = [this](int code, std::string) { send(down_, {arrival(provider_.clock_.now()), "", false, code}); },
            .metadata = [] { return deepgram::Metadata{.request_id = "r", .sha256 = "", .created = ""}; }},
        now);
  }

  void step_server(Time now) {
    while (!stalled_ && !dead_ && server_->backlog() < deepgram::kBacklogMax) {
      auto const packet = up_.take(now);
      if (!packet) break;
      if (packet->binary) {
        auto const* samples = reinterpret_cast<std::int16_t const*>(packet->bytes.data());
        std::vector<float> audio(packet->bytes.size() / 2);
        std::ranges::transform(std::span(samples, audio.size()), audio.begin(),
                               [](std::int16_t sample) { return static_cast<float>(sample) / 32768; });
        server_->on_audio(0, audio, now);
      } else if (auto const message = deepgram::parse_client_message(packet->bytes)) {
        server_->on_message(*message, now);
      }
    }
    server_->tick(now);
    if (reader_) reader_->reader.step();
  }

  void tell(deepgram::ServerMessage message) {
    auto* results = std::get_if<deepgram::Results>(&message);
    if (results && results->is_final && skip_next_ && !results->transcript.empty() && !results->from_finalize) {
      skip_next_ = false;
      provider_.strike(Fault::skip);
      return;
    }
    if (results && provider_.options_.coarse_times) coarsen(*results);
    send(down_, {arrival(provider_.clock_.now()), deepgram::to_text(message), false, {}});
  }

  static void coarsen(deepgram::Results& results) {
    auto const round = [](double seconds) { return std::round(seconds * 100) / 100; };
    auto const end = round(results.start + results.duration);
    results.start = round(results.start);
    results.duration = end - results.start;
    for (auto& word : results.words) {
      word.start = round(word.start);
      word.end = round(word.end);
    }
  }

  void hear(Packet const& packet) {
    if (packet.close) return session_.on_closed(*packet.close, "");
    if (packet.binary) return session_.on_binary();
    session_.on_text(packet.bytes);
  }

  void send(Pipe& pipe, Packet packet) {
    if (!fault_ || !pipe.breaks_at(packet)) return pipe.send(std::move(packet));
    strike(pipe, std::move(packet));
  }

  // The byte where the armed fault strikes was reached, in `packet`.
  void strike(Pipe& pipe, Packet packet) {
    auto const fault = *std::exchange(fault_, std::nullopt);
    auto const arrives = packet.arrives;
    provider_.strike(fault);
    // A connection that goes on has lost nothing.
    bool const cut = fault == Fault::reset || fault == Fault::black_hole || fault == Fault::half_open;
    if (!cut) pipe.send(std::move(packet));
    switch (fault) {
      case Fault::reset:
        // What is under way to the client may still arrive, or not.
        if (random_.chance(50)) down_.packets.clear();
        down_.send({provider_.clock_.now() + latency_, "", false, 1006});
        up_.swallows = down_.swallows = dead_ = true;
        break;
      case Fault::black_hole: up_.swallows = down_.swallows = true; break;
      case Fault::half_open: pipe.swallows = true; break;
      case Fault::stall: stalled_ = true; break;
      case Fault::mute: down_.swallows = true; break;
      case Fault::garbage_text: down_.send({arrives, R"({"type":"Results","start":)", false, {}}); break;
      case Fault::garbage_binary: down_.send({arrives, std::string(7, '\xfe'), true, {}}); break;
      default: break;
    }
  }

  SimulatedProvider& provider_;
  Random random_;
  deepgram::ListenSession session_;
  Duration const latency_;
  Time const answered_at_;
  std::shared_ptr<std::function<void(SpeechEvent)>> const sink_;
  ReaderOptions reader_options_ = provider_.options_.reader;
  bool answered_ = false, ended_ = false;
  Reader* reader_ = nullptr;  // owned by the server
  std::unique_ptr<deepgram::ListenServer> server_;
  Pipe up_, down_;
  std::optional<Fault> fault_;
  bool faulty_ = false, stalled_ = false, dead_ = false, skip_next_ = false;
};

void SimulatedProvider::Connection::arm(Fault fault) {
  if (fault == Fault::slow) {
    auto const think = Duration(random_.between(500'000, 2'000'000));
    reader_options_.think = think;
    if (reader_) reader_->reader.think_for(think);
    return provider_.strike(fault);
  }
  faulty_ = true;
  if (fault == Fault::skip) {
    faulty_ = false;
    skip_next_ = true;
    return;
  }
  fault_ = fault;
  // Somewhere in the next two seconds of audio, or in the next answers.
  if (random_.chance(60)) up_.until_break = random_.below(64'000);
  else down_.until_break = random_.below(6'000);
}

// --- the provider ---

SimulatedProvider::SimulatedProvider(ProviderOptions options, Executor& executor, Clock const& clock,
                                     std::uint64_t seed)
    : options_(options), executor_(executor), clock_(clock), random_(seed) {}

SimulatedProvider::~SimulatedProvider() = default;

std::unique_ptr<RecognizerStream> SimulatedProvider::open(std::function<void(SpeechEvent)> sink, StreamHints const&) {
  ++opened_;
  return std::make_unique<Connection>(*this, std::move(sink));
}

void SimulatedProvider::step() {
  auto const now = clock_.now();
  for (auto* connection : connections_) connection->step(now);
}

bool SimulatedProvider::inject(Fault fault) {
  if (fault == Fault::restart) {
    strike(fault);
    door_shut_until_ = clock_.now() + Duration(random_.between(0, 300'000));
    for (auto* connection : connections_) connection->die(true);
    return true;
  }
  std::vector<Connection*> open;
  std::ranges::copy_if(connections_, std::back_inserter(open), [](auto* connection) { return connection->open(); });
  if (open.empty()) return false;
  open[static_cast<std::size_t>(random_.below(std::ssize(open)))]->arm(fault);
  return true;
}

int SimulatedProvider::struck() const {
  int sum = 0;
  for (auto const& [fault, times] : struck_) sum += times;
  return sum;
}

void SimulatedProvider::strike(Fault fault) {
  ++struck_[fault];
  struck_at_ = clock_.now();
}

void SimulatedProvider::set_door(Door door, bool end_all) {
  door_ = door;
  if (!end_all) return;
  for (auto* connection : connections_) connection->die(door != Door::gone && door != Door::mute);
}

std::size_t SimulatedProvider::open_connections() const {
  return static_cast<std::size_t>(std::ranges::count_if(connections_, [](auto* one) { return one->open(); }));
}

}  // namespace sotto::recovery
