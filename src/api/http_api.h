// The HTTP resources: health, metrics, calls, tickets, demos, and the page's files. On the loop; reads of the store run
// on a thread of their own so that they never hold up a call.
#pragma once

#include <filesystem>
#include <set>

#include <boost/asio/thread_pool.hpp>

#include "adapters/prometheus/metrics.h"
#include "api/demo_player.h"
#include "api/http_routes.h"
#include "delivery/followed_calls.h"
#include "delivery/tickets.h"
#include "net/server.h"
#include "orchestrator/router.h"
#include "ports/call_index.h"
#include "ports/event_bus.h"
#include "ports/tenant_library.h"

namespace sotto::app {

// The status an error is answered with.
int status_of(std::string_view code);

class HttpApi {
 public:
  struct Parts {
    net::Loop& loop;
    Clock const& clock;
    CallIndex& index;
    EventBus& bus;
    delivery::FollowedCalls const& followed;
    Tickets const& tickets;
    DemoPlayer& demos;
    PrometheusMetrics& metrics;
    orchestrator::Router& router;
    TenantLibrary& library;
    std::filesystem::path web;
    // Empty: ready. Else what is missing, a line each.
    std::function<std::string()> not_ready;
  };
  explicit HttpApi(Parts parts) : parts_(std::move(parts)) {}
  ~HttpApi() { reads_.join(); }

  using Respond = std::function<void(net::HttpResponse)>;
  void handle(net::HttpRequest request, Respond respond);
  // What the server must know of a request before it reads its body.
  static std::expected<net::RouteRule, net::HttpResponse> rule(net::HttpRequest const& request);
  // Every resource there is, for docs/openapi.yaml.
  static std::vector<RouteFacts> routes();

 private:
  // `given`: the call or the demo of the address.
  using Handler = void (HttpApi::*)(std::string const& given, net::HttpRequest const& request, Respond respond);
  // http_table.cpp
  static std::vector<Route<Handler>> const& table();
  static std::vector<Route<Handler>> routes_of_server();
  static std::vector<Route<Handler>> routes_of_calls();
  static std::vector<Route<Handler>> routes_of_live_calls();
  static std::vector<Route<Handler>> routes_of_demos_and_sockets();

  void healthz(std::string const&, net::HttpRequest const&, Respond respond);
  void readyz(std::string const&, net::HttpRequest const&, Respond respond);
  void metrics(std::string const&, net::HttpRequest const&, Respond respond);
  void list_calls(std::string const&, net::HttpRequest const& request, Respond respond);
  void call(std::string const& call, net::HttpRequest const& request, Respond respond);
  void events(std::string const& call, net::HttpRequest const& request, Respond respond);
  void coverage(std::string const& call, net::HttpRequest const& request, Respond respond);
  void pause(std::string const& call, net::HttpRequest const& request, Respond respond);
  void resume(std::string const& call, net::HttpRequest const& request, Respond respond);
  void stop(std::string const& call, net::HttpRequest const& request, Respond respond);
  // The articles of the call's tenant, as far as its team may read them.
  void ask(std::string const& call, net::HttpRequest const& request, Respond respond);
  void tick(std::string const& call, net::HttpRequest const& request, Respond respond);
  void ticket(std::string const&, net::HttpRequest const& request, Respond respond);
  void list_demos(std::string const&, net::HttpRequest const& request, Respond respond);
  void play_demo(std::string const& demo, net::HttpRequest const& request, Respond respond);
  void demo_audio(std::string const& demo, net::HttpRequest const& request, Respond respond);
  void no_socket(std::string const&, net::HttpRequest const&, Respond respond);

  // nullptr: it is not live, or not within the caller's scope.
  delivery::CallFeed const* live(std::string const& call, net::HttpRequest const& request) const;
  // What `shape` makes of a call as it is stored; it may be much, and is made beside the loop.
  void stored(std::string const& call, net::HttpRequest const& request,
              std::function<boost::json::object(CallRecord const&)> shape, Respond respond);
  void send(std::string const& call, net::HttpRequest const& request, CallCommand command, Respond respond);
  // Error no_such_demo, also for one of another tenant.
  Result<void> find_demo(std::string const& name, net::HttpRequest const& request) const;
  net::HttpResponse file(std::string const& path) const;
  // Runs `read` beside the loop, answers on it.
  void answer_later(std::function<net::HttpResponse()> read, Respond respond);

  Parts const parts_;
  boost::asio::thread_pool reads_{1};
  std::set<std::string> asking_;  // calls with a question under way: one each
};

}  // namespace sotto::app
