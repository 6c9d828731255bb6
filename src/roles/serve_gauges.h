// The gauges of a server: what it reads at every scrape of /metrics (docs/metrics.md).
#pragma once

#include "adapters/moonshine/recognizer.h"
#include "adapters/prometheus/metrics.h"
#include "adapters/sqlite/sqlite_log.h"
#include "base/byte_budget.h"
#include "gateway/call_registry.h"
#include "gateway/recognisers.h"
#include "net/server.h"
#include "webhooks/webhook_sender.h"

namespace sotto::app {

// Everything outlives the metrics' last scrape.
struct Gauged {
  MoonshineRecognizer const& recognizer;
  EngineSet& engines;
  CallRegistry& registry;
  sqlite::SqliteLog const& log;
  ByteBudget const& waiting;  // of all calls
  net::Server const& server;
  net::Loop const& loop;
  ByteBudget const& budget;  // of the process
  WebhookSender const& webhooks;
};
void add_gauges(PrometheusMetrics& metrics, Gauged const& parts);
// Of any role that recognises.
void add_decode_gauges(PrometheusMetrics& metrics, MoonshineRecognizer const& recognizer);

}  // namespace sotto::app
