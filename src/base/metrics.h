// Where stages report what they measured. The names are those of /metrics (docs/metrics.md); app/ turns them into
// Prometheus.
#pragma once

#include <string_view>

#include "base/clock.h"

namespace sotto {

enum class Histogram {
  recognition,
  partial_gap,
  inference,
  end_to_end,
  store_commit,
  bus,
  utterance,
  webhook,
  listen_engine,
  listen_send,
};
enum class Counter {
  updates_sent,
  ingest_reconnects,
  packets,
  packets_duplicate,
  packets_refused,
  cues_shown,
  cues_late,
  cues_withdrawn,
  utterances_revised,
  cues_dropped,
  graphs_late,
  recogniser_losses,
  store_failures,
  calls_started,
  calls_ended,
  calls_abandoned,
  webhooks_delivered,
  webhook_tries_failed,
  webhooks_given_up,
  listen_connections,
  listen_refused,
  listen_finals,
  listen_audio_seconds,
};

class Metrics {
 public:
  virtual ~Metrics() = default;
  virtual void observe(Histogram histogram, Duration value) = 0;
  virtual void count(Counter counter, double by = 1) = 0;
};

// For tests and tools that have no page to scrape.
class NoMetrics final : public Metrics {
 public:
  void observe(Histogram, Duration) override {}
  void count(Counter, double) override {}
};

}  // namespace sotto
