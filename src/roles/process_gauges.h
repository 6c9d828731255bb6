// The gauges of a process: what it reads at every scrape of /metrics (docs/metrics.md). What is given outlives the last
// scrape.
#pragma once

#include "asr/listen_endpoint.h"
#include "gateway/call_registry.h"
#include "gateway/recognisers.h"
#include "net/server.h"
#include "roles/module.h"
#include "webhooks/webhook_sender.h"

namespace sotto::app {

// Of any process.
void add_process_gauges(Parts& parts, net::Server const& server);
// Of the roles.
void add_call_gauges(Parts& parts, EngineSet& engines, CallRegistry& registry);
void add_webhook_gauges(Parts& parts, WebhookSender const& webhooks);
void add_listen_gauges(Parts& parts, ListenService const& service);

}  // namespace sotto::app
