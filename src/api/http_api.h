// The HTTP resources of calls: reads, commands, tickets, demos, and the page's files. On the loop; reads of the store
// run on a thread of their own so that they never hold up a call.
#pragma once

#include <filesystem>
#include <map>
#include <set>

#include <boost/asio/thread_pool.hpp>

#include "aftercall/take_back.h"
#include "api/demo_player.h"
#include "api/http_routes.h"
#include "call/tenant_shares.h"
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
    orchestrator::Router& router;
    TenantLibrary& library;
    aftercall::TakeBack& take_back;
    TenantShares const& shares;
    std::filesystem::path web;
  };
  explicit HttpApi(Parts parts) : parts_(std::move(parts)) {}
  ~HttpApi() { reads_.join(); }

  using Respond = std::function<void(net::HttpResponse)>;
  // `given`: the call or the demo of the address.
  using Handler = void (HttpApi::*)(std::string const& given, net::HttpRequest const& request, Respond respond);
  static std::vector<Route<Handler>> const& table();
  // Of what no table has: the page is one file for every address outside /v1, its own code reads the address.
  static std::expected<net::RouteRule, net::HttpResponse> page_rule(net::HttpRequest const& request);
  void page(net::HttpRequest const& request, Respond const& respond) const;

 private:
  // http_table.cpp
  static std::vector<Route<Handler>> routes_of_calls();
  static std::vector<Route<Handler>> routes_of_live_calls();
  static std::vector<Route<Handler>> routes_of_demos_and_sockets();

  void list_calls(std::string const&, net::HttpRequest const& request, Respond respond);
  void call(std::string const& call, net::HttpRequest const& request, Respond respond);
  void events(std::string const& call, net::HttpRequest const& request, Respond respond);
  void coverage(std::string const& call, net::HttpRequest const& request, Respond respond);
  void redact(std::string const& call, net::HttpRequest const& request, Respond respond);
  void erase(std::string const& call, net::HttpRequest const& request, Respond respond);
  void pause(std::string const& call, net::HttpRequest const& request, Respond respond);
  void resume(std::string const& call, net::HttpRequest const& request, Respond respond);
  void expect(std::string const& call, net::HttpRequest const& request, Respond respond);
  void stop(std::string const& call, net::HttpRequest const& request, Respond respond);
  // The articles of the call's tenant, as far as its team may read them.
  void ask(std::string const& call, net::HttpRequest const& request, Respond respond);
  void tick(std::string const& call, net::HttpRequest const& request, Respond respond);
  void ticket(std::string const&, net::HttpRequest const& request, Respond respond);
  void list_demos(std::string const&, net::HttpRequest const& request, Respond respond);
  void play_demo(std::string const& demo, net::HttpRequest const& request, Respond respond);
  void demo_audio(std::string const& demo, net::HttpRequest const& request, Respond respond);
  void no_socket(std::string const&, net::HttpRequest const&, Respond respond);

  void give_ticket(std::string const& call, Scope const& scope, Respond const& respond);
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
  std::map<std::string, std::set<std::string>> asking_;  // calls with a question under way, one each, by tenant
};

}  // namespace sotto::app
