// Metrics for Prometheus: the brief's two tables (docs/metrics.md). Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "base/metrics.h"

namespace sotto::app {

class PrometheusMetrics final : public Metrics {
 public:
  PrometheusMetrics();
  void observe(Histogram histogram, Duration value) override;
  void count(Counter counter, double by) override;
  // `read` is asked at every scrape, on the scraping thread.
  void gauge(std::string const& name, std::string const& help, std::function<double()> read,
             std::map<std::string, std::string> const& labels = {});
  std::string scrape();

 private:
  prometheus::Registry registry_;
  std::map<Histogram, prometheus::Histogram*> histograms_;
  std::map<Counter, prometheus::Counter*> counters_;
  std::vector<std::pair<prometheus::Gauge*, std::function<double()>>> gauges_;
};

}  // namespace sotto::app
