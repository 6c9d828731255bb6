#include "roles/serve.h"

#include <csignal>
#include <functional>
#include <thread>

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "adapters/file_spool/file_spool.h"
#include "adapters/key_file/master_key.h"
#include "adapters/memory_bus/memory_bus.h"
#include "adapters/minilm/shard.h"
#include "adapters/moonshine/recognizer.h"
#include "adapters/prometheus/metrics.h"
#include "adapters/sqlite/sqlite_log.h"
#include "api/demo_player.h"
#include "api/http_api.h"
#include "base/limits.h"
#include "delivery/subscribe_endpoint.h"
#include "gateway/ingest_endpoint.h"
#include "gateway/recognisers.h"
#include "library/library.h"
#include "net/guard.h"
#include "net/server.h"
#include "roles/call_roles.h"
#include "roles/process.h"
#include "roles/serve_gauges.h"
#include "webhooks/webhook_sender.h"

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

std::map<std::string, net::WebSocketRoute> routes(CallRegistry& registry, SubscribeParts const& subscribe) {
  return {
      {"/v1/ingest",
       {.roles = kIngestRoles,
        .message_max = limits::kPacketBytesMax,
        .make = [&registry, &clock = subscribe.clock](
                    Principal const& source) { return std::make_unique<IngestEndpoint>(registry, clock, source); }}},
      {"/v1/subscribe",
       {.roles = {},  // the ticket in its first message was given to someone with the token
        .message_max = limits::kControlBytesMax,
        .make = [&subscribe](Principal const&) { return std::make_unique<SubscribeEndpoint>(subscribe); }}}};
}

// Why a load balancer should send calls elsewhere; empty: it need not.
std::string not_ready(MoonshineRecognizer const& recognizer, net::Loop const& loop, Library const& library,
                      CallRegistry const& registry) {
  std::string out;
  if (!recognizer.up()) out += "recogniser down\n";
  if (auto const trouble = loop.trouble(); !trouble.empty()) out += "does not work: " + trouble + "\n";
  if (library.empty()) out += "no tenant has rules\n";
  if (auto const trouble = registry.store_trouble(); !trouble.empty()) out += "not saved: " + trouble + "\n";
  return out;
}

// The sockets' handlers use the calls: they close first.
net::asio::awaitable<void> stop(net::Loop& loop, net::Server& server) {
  spdlog::info("stopping: live calls go on when their sources reach a server again");
  server.stop();
  net::asio::steady_timer timer(loop.context());
  constexpr auto step = std::chrono::milliseconds(20);
  for (Duration waited{}; server.open_sockets() > 0 && waited < 2 * limits::kStopGrace; waited += step) {
    if (waited == limits::kStopGrace) server.drop();
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

// `listen`: the address and port asked for.
static net::ServerOptions server_options(Config const& config, std::pair<std::string, int> const& listen,
                                         std::vector<net::Credential> credentials, ByteBudget& budget) {
  return {.host = listen.first,
          .port = listen.second,
          .guard = {.hosts = hosts_of(config, listen.first), .credentials = std::move(credentials)},
          .rule = &HttpApi::rule,
          .admission = {.all = connections_max()},
          .budget = &budget};
}

// Who may come, and a token of our own for the demo calls, which come through the socket of all calls; empty where none
// is needed.
struct Access {
  std::vector<net::Credential> credentials;
  std::string own_token;
};

static Result<Access> access_of(Config const& config, std::string const& listen) {
  auto credentials = credentials_of(config, !net::is_loopback(listen));
  if (!credentials) return std::unexpected(credentials.error());
  Access out{.credentials = std::move(*credentials), .own_token = ""};
  if (out.credentials.empty()) return out;
  out.own_token = random_hex(24);
  out.credentials.push_back({out.own_token, {.scope = {}, .roles = kIngestRoles}});
  return out;
}

static net::ServerAddress own_address(std::string token, std::string const& listen, int port) {
  return {.host = listen == "0.0.0.0" ? "127.0.0.1" : listen, .port = port, .token = std::move(token)};
}

static void stop_on(boost::asio::signal_set& signals, net::Loop& loop, net::Server& server) {
  signals.async_wait([&](auto const& failed, int) {
    if (!failed) loop.spawn("stop", stop(loop, server));
  });
}

static void say_where(std::string const& host, int port) {
  fmt::print("Sotto listens. Open http://{}:{}/\n", host, port);
  std::fflush(stdout);
}

static void read_at_start(Library& library, net::Loop& loop) {
  library.poll();
  while (!library.settled()) loop.context().run_one();
}

// What a server stands on.
struct Foundation {
  SystemClock& clock;
  net::Loop& loop;
  PrometheusMetrics& metrics;
  sqlite::SqliteLog& log;
  MoonshineRecognizer& recognizer;
  MinilmShard& shard;
};

static int serve_calls(Config const& config, std::pair<std::string, int> const& listen, Foundation const& on,
                       Access access, std::vector<WebhookTarget> targets) {
  auto& [clock, loop, metrics, log, recognizer, shard] = on;
  MemoryBus bus;
  ByteBudget budget(limits::kWaitingBytesMax);
  ByteBudget waiting(limits::kUnpersistedBytesMax, &budget);
  Library library(config.policies, config.knowledge, shard, loop, clock, config.models / "minilm" / "vectors.bin");
  library.use_webhooks(std::bind_front(why_no_webhook, config.webhooks));
  orchestrator::Router router(shard, clock, metrics);
  auto engine_set = EngineSet::make(config.recognisers, config.chains, recognizer, loop, clock);
  if (!engine_set) return give_up(engine_set.error());
  FileSpools spools(config.data / "spool", {config.audio_on_disk.begin(), config.audio_on_disk.end()},
                    limits::kSpoolBytesMax);
  // Calls of an earlier run are judged by the policies in force: those come first.
  read_at_start(library, loop);
  CallRoles roles(loop, log,
                  {.log = log,
                   .bus = bus,
                   .router = router,
                   .library = library,
                   .clock = clock,
                   .metrics = metrics,
                   .waiting = waiting,
                   .guidance = {.budget = config.attention_budget},
                   .warn = [](std::string const& text) { spdlog::warn("{}", text); }},
                  {.log = log,
                   .bus = bus,
                   .engines = (*engine_set)->engines(),
                   .library = library,
                   .clock = clock,
                   .metrics = metrics,
                   .waiting = waiting,
                   .spools = &spools,
                   .masking = &config.masked,
                   .suggestions = [&router] { return router.up(); }});
  if (auto const adopted = roles.adopt(loop); !adopted) return give_up(adopted.error());
  DemoPlayer demos(loop, clock, config.demos);
  HttpApi api({.loop = loop,
               .clock = clock,
               .index = log,
               .bus = bus,
               .followed = roles.followed,
               .tickets = roles.tickets,
               .demos = demos,
               .metrics = metrics,
               .router = router,
               .library = library,
               .web = config.web,
               .not_ready = [&] { return not_ready(recognizer, loop, library, roles.registry); }});
  loop.every("reload of policies", std::chrono::seconds(1), [&library] { library.poll(); });
  SubscribeParts const subscribe{loop, clock, bus, roles.followed, roles.tickets};
  net::Server server(
      loop, server_options(config, listen, std::move(access.credentials), budget),
      [&api](net::HttpRequest request, auto respond) { api.handle(std::move(request), std::move(respond)); },
      routes(roles.registry, subscribe));
  if (auto listening = server.listen(); !listening) return give_up(listening.error());
  demos.set_server(own_address(access.own_token, listen.first, server.port()));
  roles.run(loop);
  WebhookSender const webhooks(std::move(targets), log, clock, metrics);
  add_gauges(metrics, {.recognizer = recognizer,
                       .engines = **engine_set,
                       .registry = roles.registry,
                       .log = log,
                       .waiting = waiting,
                       .server = server,
                       .loop = loop,
                       .budget = budget,
                       .webhooks = webhooks});

  boost::asio::signal_set signals(loop.context(), SIGINT, SIGTERM);
  stop_on(signals, loop, server);
  say_where(listen.first, server.port());
  loop.run();
  return 0;
}

int serve(Config const& config) {
  auto const listen = net::parse_listen(listen_address(config));
  if (!listen) return give_up(listen.error());
  auto access = access_of(config, listen->first);
  if (!access) return give_up(access.error());
  SystemClock clock;
  net::Loop loop;
  PrometheusMetrics metrics;
  auto keys = open_call_keys(config.data, config.keys);
  if (!keys) return give_up(keys.error());
  auto log = sqlite::SqliteLog::open(config.data, loop, clock, **keys);
  if (!log) return give_up(log.error());
  // Events never run backwards, though the system's clock was set back between two runs.
  if (auto const newest = (*log)->newest_event()) clock.not_before(*newest);
  auto targets = targets_of(config.webhooks);
  if (!targets) return give_up(targets.error());
  auto recognizer = MoonshineRecognizer::make(recogniser_options(config), loop, clock);
  if (!recognizer) return give_up(recognizer.error());
  auto shard = MinilmShard::make({.folder = config.models / "minilm"}, loop, clock);
  if (!shard) return give_up(shard.error());
  return serve_calls(config, *listen, {clock, loop, metrics, **log, **recognizer, **shard}, std::move(*access),
                     std::move(*targets));
}

}  // namespace sotto::app
