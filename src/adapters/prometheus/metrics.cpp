#include "adapters/prometheus/metrics.h"

#include <prometheus/text_serializer.h>

namespace sotto::app {

namespace {

struct HistogramName {
  Histogram histogram;
  char const* name;
  char const* help;
};
constexpr HistogramName kHistograms[] = {
    {Histogram::recognition, "sotto_recognition_seconds",
     "Last voiced sample handed to the recogniser until its final came back"},
    {Histogram::partial_gap, "sotto_partial_gap_seconds",
     "One hypothesis of a sentence until the next, while somebody speaks"},
    {Histogram::utterance, "sotto_utterance_seconds", "Final received until the utterance was handed to the store"},
    {Histogram::store_commit, "sotto_store_commit_seconds",
     "Utterance handed to the store until its commit was durable"},
    {Histogram::bus, "sotto_bus_seconds", "Commit durable until the orchestrator had the event"},
    {Histogram::inference, "sotto_inference_seconds", "Inference graph started until its results were complete"},
    {Histogram::end_to_end, "sotto_end_to_end_seconds",
     "End of the words until the cue was drawn, as pages report it (cue.displayed)"},
    {Histogram::webhook, "sotto_webhook_seconds", "Webhook requested until its receiver took it, tries included"},
    {Histogram::listen_engine, "sotto_listen_engine_seconds",
     "Audio that made a pause certain handed to the recogniser until its final came"},
    {Histogram::listen_send, "sotto_listen_send_seconds",
     "Final posted by the recogniser until its message was handed to the socket"},
};

struct CounterName {
  Counter counter;
  char const* name;
  char const* help;
};
constexpr CounterName kCounters[] = {
    {Counter::updates_sent, "sotto_updates_sent_total", "Messages broadcast to the subscribers of a call"},
    {Counter::ingest_reconnects, "sotto_ingest_reconnects_total", "Sources that came back to their call"},
    {Counter::packets, "sotto_packets_total", "Audio packets accepted"},
    {Counter::packets_duplicate, "sotto_packets_duplicate_total", "Audio packets that held nothing new"},
    {Counter::packets_refused, "sotto_packets_refused_total", "Audio packets refused as malformed"},
    {Counter::cues_shown, "sotto_cues_shown_total", "Cues sent to the page"},
    {Counter::cues_late, "sotto_cues_late_total", "Cues dropped because their moment had passed"},
    {Counter::cues_withdrawn, "sotto_cues_withdrawn_total", "Cues taken back because their words were corrected"},
    {Counter::utterances_revised, "sotto_utterances_revised_total", "Finals whose words were corrected"},
    {Counter::cues_dropped, "sotto_cues_dropped_total",
     "Matches that became no cue: cool-down, limits, attention budget"},
    {Counter::graphs_late, "sotto_graphs_late_total", "Inference graphs that missed their deadline"},
    {Counter::recogniser_losses, "sotto_recogniser_losses_total", "Recogniser streams lost and opened again"},
    {Counter::store_failures, "sotto_store_failures_total", "Commits that failed and were tried again"},
    {Counter::calls_started, "sotto_calls_started_total", "Calls started"},
    {Counter::calls_ended, "sotto_calls_ended_total", "Calls ended"},
    {Counter::calls_abandoned, "sotto_calls_abandoned_total", "Calls that broke by an error of this program"},
    {Counter::webhooks_delivered, "sotto_webhooks_delivered_total", "Webhooks that their receiver took"},
    {Counter::webhook_tries_failed, "sotto_webhook_tries_failed_total", "Tries of webhooks that failed"},
    {Counter::webhooks_given_up, "sotto_webhooks_given_up_total", "Webhooks given up: dead letters, named in the log"},
    {Counter::listen_connections, "sotto_listen_connections_total", "Connections to /v1/listen accepted"},
    {Counter::listen_refused, "sotto_listen_refused_total", "Connections to /v1/listen refused with an error"},
    {Counter::listen_finals, "sotto_listen_finals_total", "Finals of speech heard for clients of /v1/listen"},
    {Counter::listen_audio_seconds, "sotto_listen_audio_seconds_total",
     "Audio received on /v1/listen, of all channels"},
};

}  // namespace

PrometheusMetrics::PrometheusMetrics() {
  prometheus::Histogram::BucketBoundaries const bounds{.0001, .00025, .0005, .001, .0025, .005, .01, .02, .05, .1, .15,
                                                       .2,    .25,    .3,    .4,   .5,    .6,   .8,  1,   1.5, 2,  5};
  for (auto const& [histogram, name, help] : kHistograms) {
    histograms_[histogram] = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add({}, bounds);
  }
  for (auto const& [counter, name, help] : kCounters) {
    counters_[counter] = &prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add({});
  }
}

void PrometheusMetrics::observe(Histogram histogram, Duration value) {
  histograms_.at(histogram)->Observe(static_cast<double>(value.count()) / 1e6);
}

void PrometheusMetrics::count(Counter counter, double by) { counters_.at(counter)->Increment(by); }

void PrometheusMetrics::gauge(std::string const& name, std::string const& help, std::function<double()> read,
                              std::map<std::string, std::string> const& labels) {
  auto& gauge = prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
  gauges_.emplace_back(&gauge, std::move(read));
}

std::string PrometheusMetrics::scrape() {
  for (auto const& [gauge, read] : gauges_) gauge->Set(read());
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace sotto::app
