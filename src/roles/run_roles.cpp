// A process from its start to its end: modules made, started, listening, stopped.
#include <csignal>
#include <ranges>

#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "api/server_api.h"
#include "net/guard.h"
#include "net/url.h"
#include "roles/module.h"
#include "roles/process.h"
#include "roles/process_gauges.h"

namespace sotto::app {

namespace {

using Running = std::vector<std::pair<Module const*, std::unique_ptr<Service>>>;

int give_up(Error const& error) {
  spdlog::error("{}", error.message);
  return 1;
}

// Each service may only be used by those behind it.
struct Services {
  ~Services() {
    while (!all.empty()) all.pop_back();
  }
  Running all;
};

std::string not_ready(Running const& running, net::Loop const& loop) {
  std::string out;
  if (auto const trouble = loop.trouble(); !trouble.empty()) out += "does not work: " + trouble + "\n";
  for (auto const& [module, service] : running)
    if (auto const why = service->not_ready(); !why.empty()) out += fmt::format("{}: {}\n", module->name, why);
  return out;
}

std::string notes(Running const& running) {
  std::string out;
  for (auto const& [module, service] : running)
    for (auto const& note : service->notes()) out += fmt::format("{}: {}\n", module->name, note);
  return out;
}

// Sockets' handlers use the services: they close first.
net::asio::awaitable<void> stop(Running& running, net::Loop& loop, net::Server& server) {
  server.stop_accepting();
  for (auto& each : running | std::views::reverse) co_await each.second->stop();
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
net::ServerOptions server_options(Parts& parts, std::pair<std::string, int> const& listen, bool own_clients) {
  auto hosts = parts.config.allowed_hosts;
  hosts.push_back(listen.first);
  return {.host = listen.first,
          .port = listen.second,
          .guard = {.hosts = std::move(hosts),
                    .bearer_of = parts.bearer_of(),
                    // With a key no page of another site gets in; without one Host and Origin must be this machine's.
                    .any_origin = own_clients && needs_tokens(parts.config)},
          .rule = [&http = parts.http](net::HttpRequest const& request) { return http.rule(request); },
          .admission = {.all = connections_max()},
          .budget = &parts.budget};
}

Result<void> make_all(std::vector<Module const*> const& modules, Parts& parts, Running& running) {
  for (auto const* module : modules) {
    auto made = module->make(parts);
    if (!made) return std::unexpected(made.error());
    running.emplace_back(module, std::move(*made));
  }
  for (auto const& each : running)
    if (auto const started = each.second->start(); !started) return started;
  return {};
}

void say_where(Parts const& parts, std::string const& host, int port) {
  for (auto const& line : parts.open_at)
    fmt::print("{}\n", fmt::format(fmt::runtime(line), fmt::format("{}:{}", host, port)));
  if (parts.open_at.empty()) fmt::print("Sotto ({}) listens on {}:{}\n", parts.config.role, host, port);
  std::fflush(stdout);
}

}  // namespace

int run_roles(Config const& config) {
  auto const modules = modules_of(config.role);
  if (!modules) return give_up(modules.error());
  auto const listen = net::parse_listen(listen_address(config));
  if (!listen) return give_up(listen.error());
  auto credentials = credentials_of(config, !net::is_loopback(listen->first));
  if (!credentials) return give_up(credentials.error());
  Parts parts(config, std::move(*credentials));
  Services services;
  auto& running = services.all;
  ServerApi server_api(parts.metrics, [&] { return not_ready(running, parts.loop); }, [&] { return notes(running); });
  parts.http.add(server_api);
  if (auto const made = make_all(*modules, parts, running); !made) return give_up(made.error());
  net::Server server(
      parts.loop, server_options(parts, *listen, modules->back()->alone),
      [&parts](net::HttpRequest const& request, auto respond) { parts.http.handle(request, std::move(respond)); },
      std::move(parts.sockets));
  if (auto listening = server.listen(); !listening) return give_up(listening.error());
  for (auto const& each : running) each.second->on_listening({listen->first, server.port()});
  add_process_gauges(parts, server);
  boost::asio::signal_set signals(parts.loop.context(), SIGINT, SIGTERM);
  signals.async_wait([&](auto const& failed, int) {
    if (!failed) parts.loop.spawn("stop", stop(running, parts.loop, server));
  });
  say_where(parts, listen->first, server.port());
  parts.loop.run();
  return 0;
}

}  // namespace sotto::app
