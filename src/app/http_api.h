// The HTTP resources: health, metrics, calls, tickets, demos, and the page's files. On the loop; reads of the store run
// on a thread of their own so that they never hold up a call.
#pragma once

#include <filesystem>

#include <boost/asio/thread_pool.hpp>

#include "app/call_registry.h"
#include "app/demo_player.h"
#include "app/metrics.h"
#include "net/server.h"

namespace sotto::app {

class HttpApi {
 public:
  struct Parts {
    net::Loop& loop;
    CallRegistry& registry;
    CallStore& store;
    DemoPlayer& demos;
    PrometheusMetrics& metrics;
    inference::Router& router;
    PolicySource& policies;
    std::filesystem::path web;
    // Empty: ready. Else what is missing, a line each.
    std::function<std::string()> not_ready;
  };
  explicit HttpApi(Parts parts) : parts_(std::move(parts)) {}
  ~HttpApi() { reads_.join(); }

  using Respond = std::function<void(net::HttpResponse)>;
  void handle(net::HttpRequest request, Respond respond);
  // The page's own files and the probes need no token.
  static bool open_without_token(net::HttpRequest const& request);

 private:
  void handle_call(std::string const& call, std::string const& part, net::HttpRequest const& request, Respond respond);
  void list_calls(Respond respond);
  // The articles of the call's tenant, as far as its team may read them.
  void ask(std::string const& call, net::HttpRequest const& request, Respond respond);
  net::HttpResponse post(net::HttpRequest const& request);
  net::HttpResponse file(std::string const& path) const;
  // Runs `read` beside the loop, answers on it.
  void answer_later(std::function<net::HttpResponse()> read, Respond respond);

  Parts const parts_;
  boost::asio::thread_pool reads_{1};
};

}  // namespace sotto::app
