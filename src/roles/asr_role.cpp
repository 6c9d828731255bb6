// The role asr: recognition for other machines, Deepgram's live protocol on the local engine (docs/asr.md).
#include <spdlog/spdlog.h>

#include "adapters/moonshine/recognizer.h"
#include "asr/listen_endpoint.h"
#include "roles/makers.h"
#include "roles/process_gauges.h"

namespace sotto::app {

namespace {

constexpr auto kTick = std::chrono::milliseconds(100);
// Recorded audio by HTTP is refused in words; whoever sends it by accident gets them.
constexpr std::size_t kUploadMax = 64 * 1024;

void refuse(net::HttpRequest const& request, std::function<void(net::HttpResponse)> const& respond) {
  if (request.path == "/") {
    return respond({.type = "text/plain",
                    .body = "sotto asr: Deepgram's live protocol on the local engine. Open a WebSocket on "
                            "/v1/listen?encoding=linear16&sample_rate=16000; see docs/asr.md.\n"});
  }
  if (request.path == "/v1/listen") {
    return respond(ListenService::refusal(
        400, {"Bad Request", "/v1/listen is a WebSocket here: recorded audio by HTTP is not supported"},
        random_uuid()));
  }
  respond(
      ListenService::refusal(404, {"NOT_FOUND", "there is /v1/listen, /healthz, /readyz and /metrics"}, random_uuid()));
}

class AsrService final : public Service {
 public:
  explicit AsrService(Parts& parts)
      : loop_(parts.loop),
        service_({.open =
                      [recogniser = parts.recogniser](auto sink, deepgram::ListenQuery const& query) {
                        return recogniser->open(std::move(sink),
                                                {.segmenter = listen_segmenter(query), .keyterms = query.keyterms});
                      },
                  .up = [recogniser = parts.recogniser] { return recogniser->up(); },
                  .executor = parts.recognised,
                  .clock = parts.clock,
                  .metrics = parts.metrics,
                  .bearer_of = parts.bearer_of(),
                  .streams_max = parts.config.asr_streams,
                  .model = "moonshine-" + parts.config.final_model}) {
    parts.sockets.emplace(
        "/v1/listen",
        net::WebSocketRoute{.needs = Permission::none,  // the protocol has its own ways to send a key
                            .message_max = limits::kListenFrameBytesMax,
                            .make = nullptr,
                            .decide = [this](net::UpgradeRequest const& request) { return service_.decide(request); }});
    parts.http.otherwise([](auto const&) { return net::RouteRule{.needs = Permission::none, .body_max = kUploadMax}; },
                         [](net::HttpRequest const& request, auto const& respond) { refuse(request, respond); });
    parts.open_at.emplace_back("Sotto recognises. Stream to ws://{}/v1/listen");
    add_listen_gauges(parts, service_);
  }

  Result<void> start() override {
    loop_.every("clock of the connections", kTick, [this] { service_.tick(); });
    return {};
  }
  // Two ticks more than what is left takes: for the close frames to leave.
  net::asio::awaitable<void> stop() override {
    spdlog::info("stopping: {} connections get what is left", service_.connections());
    service_.drain();
    net::asio::steady_timer timer(loop_.context());
    Duration after{};
    for (Duration waited{}; after < 2 * kTick && waited < limits::kListenDrain; waited += kTick) {
      timer.expires_after(kTick);
      co_await timer.async_wait(net::asio::use_awaitable);
      after = service_.busy() ? Duration{} : after + kTick;
    }
  }

 private:
  net::Loop& loop_;
  ListenService service_;
};

}  // namespace

Made make_asr(Parts& parts) { return std::make_unique<AsrService>(parts); }

}  // namespace sotto::app
