// asr-client: how many two-channel calls one core carries when another machine recognises. CALLS call paths with real
// adapters (store, bus, sentence encoder, the demo tenant's policies) and the client of Deepgram's protocol, in real
// time: packets of 20 ms in, two connections a call out. The provider is a process of its own that answers with an
// interim result a second and a final every three; the two of a call take turns of 6 s, of who listens it says nothing.
// Counted is this process's CPU time; packets come from memory, so the sockets of ingest are not in it. `calls` is
// CALLS over the cores used; `late_finals` tells whether it kept up.
//   bench_asr_client [CALLS] [SECONDS]
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/deepgram/recognizer.h"
#include "base/check.h"
#include "call_path_parts.h"
#include "net/server.h"

using namespace sotto;

namespace {

constexpr auto kSettle = std::chrono::seconds(3);

// Says such words of whatever it hears, in every other 6 s.
class Provider final : public net::WebSocketHandler {
 public:
  void on_open(net::WebSocketPeer& peer) override { peer_ = &peer; }
  void on_text(std::string_view) override {}
  void on_binary(std::span<std::uint8_t const> bytes) override {
    heard_ += static_cast<double>(bytes.size()) / 32000;
    if (heard_ - told_ >= 3) {
      tell(true);
      told_ = partial_ = heard_;
    } else if (heard_ - partial_ >= 1) {
      tell(false);
      partial_ = heard_;
    }
  }
  net::Outgoing next_message() override {
    if (out_.empty()) return {};
    auto text = std::move(out_.front());
    out_.erase(out_.begin());
    return {std::make_shared<std::string const>(std::move(text)), false};
  }
  void on_closed(int, std::string const&) override {}

 private:
  void tell(bool final) {
    auto const turn = static_cast<int>(told_ / 6);
    deepgram::Results results{.start = told_, .duration = heard_ - told_, .is_final = final, .speech_final = final};
    // Never the same twice, so that no sentence vector comes from the cache.
    static int said = 0;
    std::vector<std::string> const words{"I",  "was",  "asking", "about", "bill", fmt::format("number-{}", ++said),
                                         "of", "last", "month"};
    double at = told_;
    if (turn % 2 != party_) return out_.push_back(deepgram::to_text(results)), peer_->wake();
    for (auto const& word : words) {
      results.transcript += (results.transcript.empty() ? "" : " ") + word;
      results.words.push_back(
          {.word = word, .punctuated_word = word, .start = at, .end = at + 0.2, .confidence = 1, .speaker = {}});
      at += 0.25;
    }
    out_.push_back(deepgram::to_text(results));
    peer_->wake();
  }

  static inline int connections_ = 0;
  int const party_ = connections_++ % 2;
  net::WebSocketPeer* peer_ = nullptr;
  std::vector<std::string> out_;
  double heard_ = 0, told_ = 0, partial_ = 0;
};

[[noreturn]] void provide(int port_pipe) {
  net::Loop loop;
  net::Server server(loop,
                     {.host = "127.0.0.1",
                      .port = 0,
                      .guard = {},
                      .rule = [](auto const&) { return net::RouteRule{.needs = Permission::none}; }},
                     [](auto, auto) {},
                     {{"/v1/listen",
                       {.needs = Permission::none,
                        .message_max = 1 << 20,
                        .make = [](Principal const&) { return std::make_unique<Provider>(); },
                        .decide = {}}}});
  CHECK(server.listen());
  int const port = server.port();
  CHECK(::write(port_pipe, &port, sizeof port) == sizeof port);
  loop.run();
  std::exit(0);
}

// Feeds every call its packet each 20 ms, and ticks it each 100 ms, until `until`.
net::asio::awaitable<void> feed(net::Loop& loop, Clock const& clock,
                                std::vector<std::unique_ptr<gateway::CapturedCall>>& calls, Time until) {
  net::asio::steady_timer timer(loop.context());
  std::vector<std::uint8_t> voice(160);
  for (std::size_t at = 0; at < voice.size(); ++at) voice[at] = at % 16 < 8 ? 0x10 : 0x90;  // 500 Hz
  auto const begun = clock.now();
  for (std::int64_t step = 0; clock.now() < until; ++step) {
    timer.expires_after(
        std::chrono::microseconds(std::max<std::int64_t>(0, (begun + step * 20ms - clock.now()).count())));
    co_await timer.async_wait(net::asio::use_awaitable);
    for (std::size_t call = 0; call < calls.size(); ++call) {
      for (auto const track : {Track::customer, Track::agent}) {
        CHECK(calls[call]->on_packet(
            {.track = track, .first_sample = step * 160, .bytes = voice, .arrived = clock.now()}));
      }
      if ((static_cast<std::size_t>(step) + call) % 5 == 0) calls[call]->tick();
    }
  }
  loop.stop();
}

}  // namespace

int main(int argc, char** argv) {
  int const count = argc > 1 ? std::atoi(argv[1]) : 100;
  int const seconds = argc > 2 ? std::atoi(argv[2]) : 20;
  int pipe[2];
  CHECK(::pipe(pipe) == 0);
  auto const provider = ::fork();
  if (provider == 0) provide(pipe[1]);
  int port = 0;
  CHECK(::read(pipe[0], &port, sizeof port) == sizeof port);
  spdlog::set_level(spdlog::level::warn);
  auto const folder = std::filesystem::temp_directory_path() / fmt::format("sotto-asr-client-{}", ::getpid());
  {
    CallPathParts parts(folder, "config/policies", "config/knowledge");
    auto const& clock = parts.clock;
    auto& loop = parts.loop;
    deepgram::DeepgramRecognizer recognizer(
        {.name = "provider", .address = {.host = "127.0.0.1", .port = port}, .query = {}}, loop, clock);
    gateway::Engines engines(recognizer);
    auto const context = parts.capture(engines);
    std::vector<std::unique_ptr<gateway::CapturedCall>> calls;
    for (int call = 0; call < count; ++call) {
      calls.push_back(std::make_unique<gateway::CapturedCall>(context,
                                                              CallInfo{.id = fmt::format("bench-{}", call),
                                                                       .tenant = "demo",
                                                                       .team = "",
                                                                       .agent = "",
                                                                       .tracks = {Track::customer, Track::agent},
                                                                       .format = {},
                                                                       .metadata = {},
                                                                       .started = clock.now()},
                                                              "digest", "bench"));
    }
    double begun = 0;
    net::asio::steady_timer warm(loop.context(), kSettle);
    warm.async_wait([&](auto const&) { begun = cpu_seconds(); });
    loop.spawn("packets", feed(loop, clock, calls, clock.now() + kSettle + std::chrono::seconds(seconds)));
    loop.run();
    auto const cores = (cpu_seconds() - begun) / seconds;
    int late = 0;
    double lag = 0;
    for (auto const& call : calls) {
      // A final every 3 s, and the last may be under way.
      for (auto const& progress : call->capture().progress())
        late += progress.received - progress.committed > 4 * 8000 ? 1 : 0;
      lag = std::max(lag, static_cast<double>(call->capture().health().lag_ms));
    }
    fmt::print(
        R"({{"bench":"asr-client","figure":"calls","value":{:.0f},"unit":"calls a core","n":{},"cores":{:.3f},"seconds":{},"late_finals":{},"lag_ms":{},"lost_streams":{},"floor":200,"aim":500}})"
        "\n",
        count / cores, count, cores, seconds, late, lag, recognizer.stats().lost);
  }
  ::kill(provider, SIGKILL);
  ::waitpid(provider, nullptr, 0);
  std::filesystem::remove_all(folder);
  return 0;
}
