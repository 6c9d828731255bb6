#include <csignal>

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/moonshine/recognizer.h"
#include "adapters/prometheus/metrics.h"
#include "api/http_routes.h"
#include "asr/listen_endpoint.h"
#include "base/limits.h"
#include "roles/process.h"
#include "roles/serve.h"
#include "roles/serve_gauges.h"

namespace sotto::app {

namespace {

constexpr auto kTick = std::chrono::milliseconds(100);
// Recorded audio by HTTP is refused in words; whoever sends it by accident gets them.
constexpr std::size_t kUploadMax = 64 * 1024;

void answer(net::HttpRequest const& request, MoonshineRecognizer const& recognizer, PrometheusMetrics& metrics,
            std::function<void(net::HttpResponse)> const& respond) {
  auto const& path = request.path;
  bool const up = recognizer.up();
  if (path == "/healthz") return respond({.type = "text/plain", .body = "ok\n"});
  if (path == "/readyz") {
    return respond({.status = up ? 200 : 503, .type = "text/plain", .body = up ? "ready\n" : "recogniser down\n"});
  }
  if (path == "/metrics") return respond({.type = "text/plain; version=0.0.4", .body = metrics.scrape()});
  if (path == "/") {
    return respond({.type = "text/plain",
                    .body = "sotto asr: Deepgram's live protocol on the local engine. Open a WebSocket on "
                            "/v1/listen?encoding=linear16&sample_rate=16000; see docs/asr.md.\n"});
  }
  if (path == "/v1/listen") {
    return respond(ListenService::refusal(
        400, {"Bad Request", "/v1/listen is a WebSocket here: recorded audio by HTTP is not supported"},
        random_uuid()));
  }
  respond(
      ListenService::refusal(404, {"NOT_FOUND", "there is /v1/listen, /healthz, /readyz and /metrics"}, random_uuid()));
}

net::asio::awaitable<void> stop(net::Loop& loop, ListenService& service, net::Server& server) {
  spdlog::info("stopping: {} connections get what is left", service.connections());
  server.stop_accepting();
  service.drain();
  net::asio::steady_timer timer(loop.context());
  // Two ticks more than what is left takes: for the close frames to leave.
  Duration after{};
  for (Duration waited{}; after < 2 * kTick && waited < limits::kListenDrain; waited += kTick) {
    timer.expires_after(kTick);
    co_await timer.async_wait(net::asio::use_awaitable);
    after = service.busy() ? Duration{} : after + kTick;
  }
  loop.stop();
}

void add_gauges(PrometheusMetrics& metrics, MoonshineRecognizer const& recognizer, ListenService const& service) {
  metrics.gauge("sotto_recognisers_up", "Recognisers that can take streams", [&] { return recognizer.up() ? 1 : 0; });
  metrics.gauge("sotto_listen_connections", "Connections open on /v1/listen",
                [&] { return static_cast<double>(service.connections()); });
  metrics.gauge("sotto_listen_streams", "Channels of the open connections, a recogniser stream each",
                [&] { return static_cast<double>(service.streams()); });
  add_decode_gauges(metrics, recognizer);
}

}  // namespace

int serve_asr(Config const& config) {
  auto const listen = net::parse_listen(listen_address(config));
  if (!listen) return give_up(listen.error());
  SystemClock const clock;
  net::Loop loop;
  StampingExecutor executor(loop, clock);
  PrometheusMetrics metrics;
  ByteBudget budget(limits::kWaitingBytesMax);
  auto recognizer = MoonshineRecognizer::make(recogniser_options(config), executor, clock);
  if (!recognizer) return give_up(recognizer.error());
  auto const credentials = credentials_of(config, !net::is_loopback(listen->first));
  if (!credentials) return give_up(credentials.error());
  ListenService service({.open =
                             [&](auto sink, deepgram::ListenQuery const& query) {
                               return (*recognizer)->open(std::move(sink), listen_segmenter(query));
                             },
                         .up = [&] { return (*recognizer)->up(); },
                         .executor = executor,
                         .clock = clock,
                         .metrics = metrics,
                         .credentials = *credentials,
                         .streams_max = config.asr_streams});
  // With a key no page of another site gets in; without one Host and Origin must be this machine's.
  net::Server server(
      loop,
      {.host = listen->first,
       .port = listen->second,
       .guard = {.hosts = config.allowed_hosts, .credentials = *credentials, .any_origin = !credentials->empty()},
       .rule = [](net::HttpRequest const& request) -> std::expected<net::RouteRule, net::HttpResponse> {
         bool const figures = request.path == "/metrics";
         return net::RouteRule{.roles = figures ? kMetricsRoles : Roles{}, .body_max = kUploadMax};
       },
       .admission = {.all = connections_max()},
       .budget = &budget},
      [&](net::HttpRequest request, auto respond) { answer(request, **recognizer, metrics, respond); },
      {{"/v1/listen",
        {.roles = {},  // the protocol has its own ways to send a key
         .message_max = limits::kListenFrameBytesMax,
         .make = nullptr,
         .decide = [&](net::UpgradeRequest const& request) { return service.decide(request); }}}});
  if (auto listening = server.listen(); !listening) return give_up(listening.error());
  add_gauges(metrics, **recognizer, service);
  loop.every("clock of the connections", kTick, [&service] { service.tick(); });
  boost::asio::signal_set signals(loop.context(), SIGINT, SIGTERM);
  signals.async_wait([&](auto const& failed, int) {
    if (!failed) loop.spawn("stop", stop(loop, service, server));
  });
  fmt::print("Sotto recognises. Stream to ws://{}:{}/v1/listen\n", listen->first, server.port());
  std::fflush(stdout);
  loop.run();
  return 0;
}

}  // namespace sotto::app
