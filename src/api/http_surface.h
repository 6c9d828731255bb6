// The tables of several parts as the one that the server asks (net/server.h): each part of a process has its resources,
// an address belongs to one of them. Confined to the loop; filled before the server listens.
#pragma once

#include <functional>
#include <vector>

#include "api/http_routes.h"
#include "api/recorded_access.h"

namespace sotto::app {

class HttpSurface {
 public:
  using Respond = std::function<void(net::HttpResponse)>;

  // `api` outlives the surface: its static table(), and on it the handlers that the table names.
  template <typename Api>
  void add(Api& api) {
    tables_.push_back({.rule = [](net::HttpRequest const& request) -> std::expected<net::RouteRule, net::HttpResponse> {
                         auto found = find_route(Api::table(), request);
                         if (!found) return std::unexpected(std::move(found.error()));
                         return found->route->rule;
                       },
                       .handle =
                           [this, &api](net::HttpRequest const& request, Respond& respond) {
                             auto const found = find_route(Api::table(), request);
                             if (!found) return false;
                             auto const given = found->given.empty() ? std::string() : found->given.front();
                             auto handle = [&api, given, handler = found->route->handler](net::HttpRequest const& asked,
                                                                                          Respond answer) {
                               (api.*handler)(given, asked, std::move(answer));
                             };
                             auto const& access = found->route->rule.needs.access();
                             if (!recorded_ || access.recorded == Recorded::never) handle(request, std::move(respond));
                             else
                               recorded_->pass(access, found->route->name(), given, request, std::move(handle),
                                               std::move(respond));
                             return true;
                           }});
  }
  // What is read and changed through any of the tables passes there; it outlives the surface's requests.
  void record(RecordedAccess& recorded) { recorded_ = &recorded; }
  // What no table has goes there: the page's files, or a refusal in a protocol's own shape.
  void otherwise(net::RouteTable rule, std::function<void(net::HttpRequest const&, Respond)> handle) {
    rule_otherwise_ = std::move(rule);
    otherwise_ = std::move(handle);
  }

  // What the server must know of a request before it reads its body.
  std::expected<net::RouteRule, net::HttpResponse> rule(net::HttpRequest const& request) const {
    for (auto const& table : tables_)
      if (auto ruling = table.rule(request); ruling || ruling.error().status != 404) return ruling;
    if (rule_otherwise_) return rule_otherwise_(request);
    return std::unexpected(net::error_response(404, {"not_found", "there is no resource here"}));
  }
  // A request that rule() let through.
  void handle(net::HttpRequest const& request, Respond respond) const {
    for (auto const& table : tables_)
      if (table.handle(request, respond)) return;
    otherwise_(request, std::move(respond));
  }

 private:
  struct Table {
    net::RouteTable rule;
    // False, and `respond` is untouched: it has no such resource.
    std::function<bool(net::HttpRequest const&, Respond& respond)> handle;
  };
  std::vector<Table> tables_;
  RecordedAccess* recorded_ = nullptr;
  net::RouteTable rule_otherwise_;
  std::function<void(net::HttpRequest const&, Respond)> otherwise_;
};

}  // namespace sotto::app
