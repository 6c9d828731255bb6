#include "app/serve.h"

#include <csignal>
#include <set>
#include <thread>

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/file_spool/file_spool.h"
#include "adapters/memory_bus/memory_bus.h"
#include "adapters/minilm/shard.h"
#include "adapters/moonshine/recognizer.h"
#include "adapters/sqlite/sqlite_store.h"
#include "app/call_registry.h"
#include "app/demo_player.h"
#include "app/http_api.h"
#include "app/ingest_endpoint.h"
#include "app/library.h"
#include "app/metrics.h"
#include "app/recognisers.h"
#include "app/subscribe_endpoint.h"
#include "app/webhook_sender.h"
#include "base/limits.h"
#include "net/server.h"

namespace sotto::app {

int give_up(Error const& error) {
  spdlog::error("{}", error.message);
  return 1;
}

MoonshineOptions recogniser_options(Config const& config) {
  auto const cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return {.moonshine_dir = config.models / "moonshine",
          .silero_file = config.models / "silero" / "silero_vad.onnx",
          .workers = config.recogniser_threads > 0 ? config.recogniser_threads : cores};
}

namespace {

std::map<std::string, net::WebSocketRoute> routes(CallRegistry& registry, Clock const& clock) {
  return {{"/v1/ingest",
           {.needs_token = true,
            .message_max = limits::packet_bytes_max,
            .make = [&registry, &clock] { return std::make_unique<IngestEndpoint>(registry, clock); }}},
          {"/v1/subscribe",
           {.needs_token = false,  // the ticket in its first message was given to someone with the token
            .message_max = limits::control_bytes_max,
            .make = [&registry, &clock] { return std::make_unique<SubscribeEndpoint>(registry, clock); }}}};
}

void add_gauges(PrometheusMetrics& metrics, MoonshineRecognizer const& recognizer, speech::Engines const& engines,
                CallRegistry& registry, transcript::UnpersistedMemory const& memory) {
  metrics.gauge("sotto_recognisers_up", "Engines of the chains that are trusted with streams", [&engines] {
    std::set<std::string> trusted;
    engines.each([&](std::string const&, speech::EngineChain const& chain) {
      for (std::size_t engine = 0; engine < chain.size(); ++engine) {
        if (chain.trusted(engine) && chain.recognizer(engine).up()) trusted.insert(chain.name(engine));
      }
    });
    return static_cast<double>(trusted.size());
  });
  metrics.gauge("sotto_calls_live", "Calls carried now", [&] { return static_cast<double>(registry.size()); });
  metrics.gauge("sotto_unpersisted_bytes", "Events that wait for the store",
                [&] { return static_cast<double>(memory.bytes); });
  add_decode_gauges(metrics, recognizer);
}

// What an operator asks first when captions are degraded: which engine, and why.
void add_engine_gauges(PrometheusMetrics& metrics, EngineSet& set) {
  set.engines().each([&](std::string const& tenant, speech::EngineChain const& chain) {
    for (std::size_t engine = 0; engine < chain.size(); ++engine) {
      metrics.gauge("sotto_engine_trusted", "1: streams of this tenant's chain go to it; 0: out of favour",
                    [&chain, engine] { return chain.trusted(engine) ? 1 : 0; },
                    {{"tenant", tenant.empty() ? "*" : tenant}, {"engine", chain.name(engine)}});
    }
  });
  for (auto const& [name, recognizer] : set.remote()) {
    auto const& stats = recognizer->stats();
    std::map<std::string, std::string> const labels{{"engine", name}};
    auto const count = [&](char const* metric, char const* help, std::uint64_t const& value) {
      metrics.gauge(metric, help, [&value] { return static_cast<double>(value); }, labels);
    };
    count("sotto_engine_streams", "Streams open now", stats.open);
    count("sotto_engine_streams_opened", "Streams opened since the start", stats.opened);
    count("sotto_engine_streams_lost", "Streams lost since the start", stats.lost);
    count("sotto_engine_streams_refused", "Streams refused since the start: a key or a parameter is wrong",
          stats.refused);
  }
}

void add_webhook_gauges(PrometheusMetrics& metrics, WebhookSender const& webhooks) {
  webhooks.each([&](std::string const& name, std::atomic<std::size_t> const& held) {
    metrics.gauge("sotto_webhooks_waiting", "Requests held for the receiver; more may wait in the store",
                  [&held] { return static_cast<double>(held); }, {{"webhook", name}});
  });
}

net::asio::awaitable<void> watch_library(net::Loop& loop, Library& library) {
  net::asio::steady_timer timer(loop.context());
  for (;;) {
    timer.expires_after(std::chrono::seconds(1));
    co_await timer.async_wait(net::asio::use_awaitable);
    library.poll();
  }
}

// The sockets' handlers use the calls: they close first.
net::asio::awaitable<void> stop(net::Loop& loop, net::Server& server) {
  spdlog::info("stopping: live calls go on when their sources reach a server again");
  server.stop();
  net::asio::steady_timer timer(loop.context());
  constexpr auto step = std::chrono::milliseconds(20);
  for (Duration waited{}; server.open_sockets() > 0 && waited < 2 * limits::stop_grace; waited += step) {
    if (waited == limits::stop_grace) server.drop();
    timer.expires_after(step);
    co_await timer.async_wait(net::asio::use_awaitable);
  }
  loop.stop();
}

// Pages may come under the listening address too, not only under loopback names.
std::vector<std::string> hosts_of(Config const& config, std::string const& listening) {
  auto hosts = config.allowed_hosts;
  hosts.push_back(listening);
  return hosts;
}

}  // namespace

void add_decode_gauges(PrometheusMetrics& metrics, MoonshineRecognizer const& recognizer) {
  metrics.gauge("sotto_decode_queue", "Decode jobs that wait",
                [&recognizer] { return static_cast<double>(recognizer.stats().decode_queue); });
  metrics.gauge("sotto_partials_dropped", "Partials dropped under load since the start",
                [&recognizer] { return static_cast<double>(recognizer.stats().partials_dropped); });
  metrics.gauge("sotto_decodings_rejected", "Runaway decodings rejected since the start",
                [&recognizer] { return static_cast<double>(recognizer.stats().made_up_rejected); });
}

static void read_at_start(Library& library, net::Loop& loop) {
  library.poll();
  while (!library.settled()) loop.context().run_one();
}

int serve(Config const& config) {
  auto const listen = net::parse_listen(listen_address(config));
  if (!listen) return give_up(listen.error());
  SystemClock const clock;
  net::Loop loop;
  PrometheusMetrics metrics;
  MemoryBus bus;
  transcript::UnpersistedMemory memory;
  auto store = sqlite::SqliteStore::open(config.data, loop);
  if (!store) return give_up(store.error());
  auto targets = targets_of(config.webhooks);
  if (!targets) return give_up(targets.error());
  auto recognizer = MoonshineRecognizer::make(recogniser_options(config), loop, clock);
  if (!recognizer) return give_up(recognizer.error());
  auto shard = MinilmShard::make({.folder = config.models / "minilm"}, loop, clock);
  if (!shard) return give_up(shard.error());
  Library library(config.policies, config.knowledge, **shard, loop, clock, config.models / "minilm" / "vectors.bin");
  library.use_webhooks(config.webhooks);
  inference::Router router(**shard, clock, metrics);
  auto engine_set = EngineSet::make(config.recognisers, config.chains, **recognizer, loop, clock);
  if (!engine_set) return give_up(engine_set.error());
  FileSpools spools(config.data / "spool", {config.audio_on_disk.begin(), config.audio_on_disk.end()},
                    limits::spool_bytes_max);
  PathContext const context{**store, bus,           (*engine_set)->engines(),
                            router,  library,       clock,
                            metrics, memory,        {.budget = config.attention_budget},
                            &spools, &config.masked};
  // Calls of an earlier run are judged by the policies in force: those come first.
  read_at_start(library, loop);
  CallRegistry registry(loop, context);
  auto const adopted = registry.adopt();
  if (!adopted) return give_up(adopted.error());
  if (*adopted > 0) spdlog::info("{} calls of an earlier run go on when their sources come back", *adopted);

  DemoPlayer demos(loop, clock, config.demos);
  HttpApi api({.loop = loop,
               .registry = registry,
               .store = **store,
               .demos = demos,
               .metrics = metrics,
               .router = router,
               .policies = library,
               .web = config.web,
               .not_ready = [&] { return (*recognizer)->up() ? std::string() : std::string("recogniser down\n"); }});
  loop.spawn("reload of policies", watch_library(loop, library));
  net::Server server(
      loop,
      {.host = listen->first,
       .port = listen->second,
       .guard = {.hosts = hosts_of(config, listen->first), .token = config.token},
       .open_without_token = &HttpApi::open_without_token},
      [&api](net::HttpRequest request, auto respond) { api.handle(std::move(request), std::move(respond)); },
      routes(registry, clock));
  if (auto listening = server.listen(); !listening) return give_up(listening.error());
  demos.set_server(
      {.host = listen->first == "0.0.0.0" ? "127.0.0.1" : listen->first, .port = server.port(), .token = config.token});
  add_gauges(metrics, **recognizer, (*engine_set)->engines(), registry, memory);
  add_engine_gauges(metrics, **engine_set);
  registry.run();
  WebhookSender const webhooks(std::move(*targets), **store, clock, metrics);
  add_webhook_gauges(metrics, webhooks);

  boost::asio::signal_set signals(loop.context(), SIGINT, SIGTERM);
  signals.async_wait([&](auto const& failed, int) {
    if (!failed) loop.spawn("stop", stop(loop, server));
  });
  fmt::print("Sotto listens. Open http://{}:{}/\n", listen->first, server.port());
  std::fflush(stdout);
  loop.run();
  return 0;
}

}  // namespace sotto::app
