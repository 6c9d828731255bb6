// `sotto asr` with the recogniser of the simulations in it, which reads the numbers hidden in the audio (frame_code.h):
// the real server of the protocol, and words that are known. For faults_test.py and bench/asr_sockets.py.
//   frame_provider PORT SEED       an odd seed cuts in the middle of frames too; SIGTERM drains as `sotto asr` does
#include <csignal>
#include <cstdlib>

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "asr/listen_endpoint.h"
#include "base/limits.h"
#include "recovery/frame_reader.h"

using namespace sotto;

namespace {

constexpr auto kStepEvery = std::chrono::milliseconds(10);
constexpr int kStepsATick = 10;

net::asio::awaitable<void> tick(net::Loop& loop, recovery::FrameEngine& engine, app::ListenService& service) {
  net::asio::steady_timer timer(loop.context());
  for (int step = 1;; ++step) {
    timer.expires_after(kStepEvery);
    co_await timer.async_wait(net::asio::use_awaitable);
    engine.step();
    if (step % kStepsATick == 0) service.tick();
  }
}

net::asio::awaitable<void> stop(net::Loop& loop, app::ListenService& service, net::Server& server) {
  server.stop_accepting();
  service.drain();
  net::asio::steady_timer timer(loop.context());
  for (Duration waited{}; service.busy() && waited < limits::kListenDrain; waited += 100ms) {
    timer.expires_after(std::chrono::milliseconds(100));
    co_await timer.async_wait(net::asio::use_awaitable);
  }
  loop.stop();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: frame_provider PORT SEED\n");
    return 2;
  }
  auto const seed = std::strtoull(argv[2], nullptr, 10);
  spdlog::set_level(spdlog::level::warn);
  SystemClock const clock;
  net::Loop loop;
  StampingExecutor executor(loop, clock);
  NoMetrics metrics;
  recovery::FrameEngine engine({.ragged = seed % 2 == 1}, executor, clock, seed);
  app::ListenService service({.open = [&](auto sink, auto const&) { return engine.open(std::move(sink)); },
                              .up = [] { return true; },
                              .executor = executor,
                              .clock = clock,
                              .metrics = metrics,
                              .bearer_of = {}});
  net::Server server(loop,
                     {.host = "127.0.0.1",
                      .port = std::atoi(argv[1]),
                      .guard = {},
                      .rule = [](auto const&) { return net::RouteRule{.needs = Permission::none}; }},
                     [](net::HttpRequest const&, auto respond) { respond({.type = "text/plain", .body = "ready\n"}); },
                     {{"/v1/listen",
                       {.needs = Permission::none,
                        .message_max = limits::kListenFrameBytesMax,
                        .make = nullptr,
                        .decide = [&](net::UpgradeRequest const& request) { return service.decide(request); }}}});
  if (auto const listening = server.listen(); !listening) {
    fmt::print(stderr, "frame_provider: {}\n", listening.error().message);
    return 1;
  }
  loop.spawn("clock", tick(loop, engine, service));
  boost::asio::signal_set signals(loop.context(), SIGINT, SIGTERM);
  signals.async_wait([&](auto const& failed, int) {
    if (!failed) loop.spawn("stop", stop(loop, service, server));
  });
  loop.run();
  return 0;
}
