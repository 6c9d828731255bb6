// The client of Deepgram's protocol behind the port: over real sockets to our own server in the same loop, and its
// state alone behind a network with latency and jitter in virtual time. Behind both servers a recogniser that reads
// numbers.
#include <optional>
#include <stdexcept>

#include <spdlog/spdlog.h>

#include "adapters/deepgram/recognizer.h"
#include "asr/listen_endpoint.h"
#include "contract/recognizer_contract.h"
#include "net/server.h"
#include "recovery/simulated_provider.h"
#include "support/virtual_world.h"

namespace sotto {
namespace {

// Two stretches of numbered frames, a pause between, and an end inside a frame.
std::vector<float> numbered_audio() {
  std::vector<float> audio(9'000);
  for (std::int64_t frame = 0; frame < 150; ++frame) {
    bool const voice = frame < 60 || frame >= 90;
    auto const level = voice ? recovery::level_of(Track::customer, frame) : std::int16_t{0};
    audio.insert(audio.end(), recovery::kFrameSamples, static_cast<float>(level) / 32768);
  }
  audio.insert(audio.end(), 123, 0.0f);
  return audio;
}

// --- over real sockets ---

struct LoopExecutor {
  template <typename Done>
  bool run_until(Done done) {
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop.context().run_one_for(std::chrono::milliseconds(100));
    }
    return true;
  }
  // Two ticks of the client: whatever it still had to say.
  void run_all() { loop.context().run_for(std::chrono::milliseconds(45)); }

  net::Loop loop;
};

class OverSockets {
 public:
  OverSockets() {
    spdlog::set_level(spdlog::level::warn);  // connections are told at info
    if (auto const listening = server_.listen(); !listening) throw std::runtime_error(listening.error().message);
    executor_.loop.spawn("engine", step(executor_.loop, engine_));
    // As fast as the machine can.
    client_.emplace(deepgram::DeepgramOptions{.name = "here",
                                              .address = {.host = "127.0.0.1", .port = server_.port()},
                                              .query = {},
                                              .session = {.pace = 100, .burst = 10s}},
                    executor_.loop, clock_);
  }
  Recognizer& recognizer() { return *client_; }
  LoopExecutor& executor() { return executor_; }
  std::vector<float> audio() { return numbered_audio(); }
  // As a client of its own, with this query, and what the server was asked for by it.
  deepgram::ListenQuery asked_for(deepgram::ListenQuery query, StreamHints const& hints) {
    deepgram::DeepgramRecognizer client(
        {.name = "asking", .address = {.host = "127.0.0.1", .port = server_.port()}, .query = std::move(query)},
        executor_.loop, clock_);
    auto const before = asked_.size();
    auto const stream = client.open([](SpeechEvent const&) {}, hints);
    stream->push(0, numbered_audio());  // a channel opens with its first audio
    EXPECT_TRUE(executor_.run_until([&] { return asked_.size() > before; }));
    return asked_.size() > before ? asked_.back() : deepgram::ListenQuery{};
  }

 private:
  static net::asio::awaitable<void> step(net::Loop& loop, recovery::FrameEngine& engine) {
    net::asio::steady_timer timer(loop.context());
    for (;;) {
      timer.expires_after(std::chrono::milliseconds(1));
      co_await timer.async_wait(net::asio::use_awaitable);
      engine.step();
    }
  }

  SystemClock const clock_;
  LoopExecutor executor_;
  StampingExecutor stamping_{executor_.loop, clock_};
  NoMetrics metrics_;
  std::vector<deepgram::ListenQuery> asked_;
  recovery::FrameEngine engine_{{.ragged = true, .think = 1ms}, stamping_, clock_, 7};
  app::ListenService service_{{.open =
                                   [this](auto sink, deepgram::ListenQuery const& query) {
                                     asked_.push_back(query);
                                     return engine_.open(std::move(sink));
                                   },
                               .up = [] { return true; },
                               .executor = stamping_,
                               .clock = clock_,
                               .metrics = metrics_,
                               .bearer_of = {}}};
  net::Server server_{executor_.loop,
                      {.host = "127.0.0.1",
                       .port = 0,
                       .guard = {},
                       .rule = [](auto const&) { return net::RouteRule{.needs = Permission::none}; }},
                      [](auto, auto) {},
                      {{"/v1/listen",
                        {.needs = Permission::none,
                         .message_max = 1 << 20,
                         .make = nullptr,
                         .decide = [this](net::UpgradeRequest const& request) { return service_.decide(request); }}}}};
  std::optional<deepgram::DeepgramRecognizer> client_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(DeepgramOverSockets, RecognizerContract, OverSockets);

TEST(DeepgramTerms, FollowThoseOfTheOperatorAndAreNoMoreThanTheServiceTakes) {
  OverSockets here;
  auto const few = here.asked_for({.keyterms = {"Northwind"}}, {.keyterms = {"Zephyrion", "Northwind", "Blue Fox"}});
  EXPECT_EQ(few.keyterms, (std::vector<std::string>{"Northwind", "Zephyrion", "Blue Fox"}));
  StreamHints long_terms;
  for (char c = 'a'; c <= 'z'; ++c) long_terms.keyterms.emplace_back(60, c);
  EXPECT_EQ(here.asked_for({}, long_terms).keyterms.size(), 16u);  // 1,000 bytes
  EXPECT_TRUE(here.asked_for({.model = "nova-2"}, {.keyterms = {"Zephyrion"}}).keyterms.empty());
}

// --- in virtual time ---

struct VirtualTime {
  template <typename Done>
  bool run_until(Done done) {
    for (int step = 0; step < 60 * 100; ++step) {
      if (done()) return true;
      pass();
    }
    return done();
  }
  void run_all() {
    for (int step = 0; step < 100; ++step) pass();
  }
  void pass() {
    clock.advance(10ms);
    provider.step();
    tasks.run_all();
  }

  VirtualClock clock;
  ManualExecutor tasks;
  recovery::SimulatedProvider provider{{}, tasks, clock, 7};
};

struct Simulated {
  Recognizer& recognizer() { return time.provider; }
  VirtualTime& executor() { return time; }
  std::vector<float> audio() { return numbered_audio(); }

  VirtualTime time;
};

INSTANTIATE_TYPED_TEST_SUITE_P(DeepgramSimulated, RecognizerContract, Simulated);

}  // namespace
}  // namespace sotto
