#include "api/server_api.h"

namespace sotto::app {

std::vector<Route<ServerApi::Handler>> const& ServerApi::table() {
  static std::vector<Route<Handler>> const table{
      {"GET",
       RoutePattern("/healthz"),
       {.needs = Permission::none, .body_max = 0},
       &ServerApi::healthz,
       {.summary = "Whether the process answers", .type = "text/plain"}},
      {"GET",
       RoutePattern("/readyz"),
       {.needs = Permission::none, .body_max = 0},
       &ServerApi::readyz,
       {.summary = "Whether it can take calls; else what is missing, a line each",
        .errors = "not_ready",
        .type = "text/plain"}},
      {"GET",
       RoutePattern("/metrics"),
       {.needs = Permission::read_metrics, .body_max = 0},
       &ServerApi::metrics,
       {.summary = "Figures as Prometheus reads them (docs/metrics.md)", .type = "text/plain; version=0.0.4"}},
  };
  return table;
}

void ServerApi::healthz(std::string const&, net::HttpRequest const&, Respond respond) {
  respond({.type = "text/plain", .body = "ok\n"});
}

void ServerApi::readyz(std::string const&, net::HttpRequest const&, Respond respond) {
  auto const missing = not_ready_();
  respond({.status = missing.empty() ? 200 : 503,
           .type = "text/plain",
           .body = (missing.empty() ? "ready\n" : missing) + notes_()});
}

void ServerApi::metrics(std::string const&, net::HttpRequest const&, Respond respond) {
  respond({.type = "text/plain; version=0.0.4", .body = metrics_.scrape()});
}

}  // namespace sotto::app
