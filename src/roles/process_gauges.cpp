#include "roles/process_gauges.h"

#include <set>

#include "adapters/moonshine/recognizer.h"

namespace sotto::app {

namespace {

void add_decode_gauges(PrometheusMetrics& metrics, MoonshineRecognizer const& recognizer) {
  metrics.gauge("sotto_decode_queue", "Decode jobs that wait",
                [&recognizer] { return static_cast<double>(recognizer.stats().decode_queue); });
  metrics.gauge("sotto_partials_dropped", "Partials dropped under load since the start",
                [&recognizer] { return static_cast<double>(recognizer.stats().partials_dropped); });
  metrics.gauge("sotto_careful_readings", "Finals that both speech models read since the start",
                [&recognizer] { return static_cast<double>(recognizer.stats().careful_readings); });
  metrics.gauge("sotto_careful_readings_skipped", "Finals for which there was no time to do so since the start",
                [&recognizer] { return static_cast<double>(recognizer.stats().careful_skipped); });
  metrics.gauge("sotto_recogniser_saves", "1 while the smaller speech model hears, for the cores are too few",
                [&recognizer] { return recognizer.stats().saves ? 1.0 : 0.0; });
  metrics.gauge("sotto_decodings_rejected", "Hallucinated decodings rejected since the start",
                [&recognizer] { return static_cast<double>(recognizer.stats().hallucinations_rejected); });
}

// What an operator asks first when captions are degraded: which engine, and why.
void add_engine_gauges(PrometheusMetrics& metrics, EngineSet& set) {
  set.engines().each([&](std::string const& tenant, gateway::EnginesInChain const& in_chain) {
    auto const& chain = in_chain.chain;
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

}  // namespace

void add_call_gauges(Parts& parts, EngineSet& engines, CallRegistry& registry) {
  auto& metrics = parts.metrics;
  metrics.gauge("sotto_recognisers_up", "Engines of the chains that are trusted with streams",
                [&engines = engines.engines()] {
                  std::set<std::string> trusted;
                  engines.each([&](std::string const&, gateway::EnginesInChain const& in_chain) {
                    auto const& chain = in_chain.chain;
                    for (std::size_t engine = 0; engine < chain.size(); ++engine) {
                      if (chain.trusted(engine) && in_chain.recognizers[engine]->up())
                        trusted.insert(chain.name(engine));
                    }
                  });
                  return static_cast<double>(trusted.size());
                });
  metrics.gauge("sotto_calls_live", "Calls carried now", [&registry] { return static_cast<double>(registry.size()); });
  metrics.gauge("sotto_unpersisted_bytes", "Events that wait for the store",
                [&waiting = parts.waiting] { return static_cast<double>(waiting.used()); });
  add_decode_gauges(metrics, *parts.recogniser);
  add_engine_gauges(metrics, engines);
}

void add_listen_gauges(Parts& parts, ListenService const& service) {
  auto& metrics = parts.metrics;
  metrics.gauge("sotto_recognisers_up", "Recognisers that can take streams",
                [&recognizer = *parts.recogniser] { return recognizer.up() ? 1 : 0; });
  metrics.gauge("sotto_listen_connections", "Connections open on /v1/listen",
                [&service] { return static_cast<double>(service.connections()); });
  metrics.gauge("sotto_listen_streams", "Channels of the open connections, a recogniser stream each",
                [&service] { return static_cast<double>(service.streams()); });
  add_decode_gauges(metrics, *parts.recogniser);
}

void add_webhook_gauges(Parts& parts, WebhookSender const& webhooks) {
  webhooks.each([&metrics = parts.metrics](std::string const& name, std::atomic<std::size_t> const& held) {
    metrics.gauge("sotto_webhooks_waiting", "Requests held for the receiver; beyond 1000 more wait in the log",
                  [&held] { return static_cast<double>(held); }, {{"webhook", name}});
  });
}

void add_process_gauges(Parts& parts, net::Server const& server) {
  auto& metrics = parts.metrics;
  auto const count = [&](char const* name, char const* help, std::uint64_t const& value) {
    metrics.gauge(name, help, [&value] { return static_cast<double>(value); });
  };
  auto const& counters = server.counters();
  metrics.gauge("sotto_connections", "Connections open now",
                [&server] { return static_cast<double>(server.connections()); });
  count("sotto_connections_total", "Connections accepted since the start", counters.accepted);
  count("sotto_accept_failed_total", "Connections that could not be accepted: no descriptors", counters.accept_failed);
  count("sotto_connections_refused_total", "Connections refused because every place was in use", counters.no_place);
  count("sotto_unauthorized_total", "Requests with a wrong token or none", counters.unauthorized);
  metrics.gauge("sotto_failed_steps_total", "Steps of the process's own loops that failed and were tried again",
                [&loop = parts.loop] { return static_cast<double>(loop.failed_steps()); });
  metrics.gauge("sotto_waiting_bytes", "Bytes that wait in queues of connections and calls",
                [&budget = parts.budget] { return static_cast<double>(budget.used()); });
}

}  // namespace sotto::app
