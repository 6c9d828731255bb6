// What every process of Sotto answers: whether it lives, whether it can take work, its figures. On the loop.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapters/prometheus/metrics.h"
#include "api/http_routes.h"

namespace sotto::app {

class ServerApi {
 public:
  using Respond = std::function<void(net::HttpResponse)>;
  using Handler = void (ServerApi::*)(std::string const& given, net::HttpRequest const& request, Respond respond);

  // `not_ready`: empty, or what is missing, a line each; `notes`: what works, but not as it should.
  ServerApi(PrometheusMetrics& metrics, std::function<std::string()> not_ready, std::function<std::string()> notes)
      : metrics_(metrics), not_ready_(std::move(not_ready)), notes_(std::move(notes)) {}

  static std::vector<Route<Handler>> const& table();

 private:
  void healthz(std::string const&, net::HttpRequest const&, Respond respond);
  void readyz(std::string const&, net::HttpRequest const&, Respond respond);
  void metrics(std::string const&, net::HttpRequest const&, Respond respond);

  PrometheusMetrics& metrics_;
  std::function<std::string()> const not_ready_, notes_;
};

}  // namespace sotto::app
