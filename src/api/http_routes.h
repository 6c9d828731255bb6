// The table of HTTP resources: a method and a pattern of segments, who may, what body it takes, what it is for. The
// server asks it before a body is read; the API then runs the handler it names; docs/openapi.yaml is made from it
// (openapi.h). Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "call/access.h"
#include "net/server.h"

namespace sotto::app {

inline constexpr std::size_t kJsonBodyMax =
    4 * 1024;  // a question, a ticket, words to hide: none is longer than a page

// "/v1/calls/{call}/events": a segment in braces stands for any one that is not empty.
class RoutePattern {
 public:
  explicit RoutePattern(std::string_view text);
  // What stands in the place of the segments in braces, in order; nullopt: another address.
  std::optional<std::vector<std::string>> match(std::vector<std::string> const& segments) const;
  std::vector<std::string> const& segments() const { return segments_; }
  std::string text() const;

 private:
  std::vector<std::string> segments_;
};

// For people and for clients that are generated: docs/openapi.yaml. Schemas are JSON, on one line.
struct RouteText {
  std::string_view summary;
  std::string_view errors = {};  // codes with spaces between them, beside those of every address
  int status = 200;              // of a good answer
  std::string_view answer = {};  // its schema
  std::string_view type = "application/json";
  std::string_view body = {};   // the schema of the request's
  std::string_view query = {};  // names of its parameters with spaces between them
};

template <typename Handler>
struct Route {
  std::string_view method;
  RoutePattern pattern;
  net::RouteRule rule;
  Handler handler;
  RouteText text;

  std::string name() const { return std::string(method) + " " + pattern.text(); }  // "GET /v1/calls/{call}"
};

// What of a route can be said without its handler.
struct RouteFacts {
  std::string_view method;
  std::vector<std::string> segments;
  net::RouteRule rule;
  RouteText text;
};

template <typename Handler>
std::vector<RouteFacts> facts_of(std::vector<Route<Handler>> const& table) {
  std::vector<RouteFacts> out;
  for (auto const& route : table) out.push_back({route.method, route.pattern.segments(), route.rule, route.text});
  return out;
}

template <typename Handler>
struct Found {
  Route<Handler> const* route;
  std::vector<std::string> given;
};

// The route; or 405 naming the methods there are; or 404 (empty `Allow`). HEAD goes where GET goes.
template <typename Handler>
std::expected<Found<Handler>, net::HttpResponse> find_route(std::vector<Route<Handler>> const& table,
                                                            net::HttpRequest const& request) {
  std::string allow;
  for (auto const& route : table) {
    auto given = route.pattern.match(request.segments);
    if (!given) continue;
    if (route.method == request.method || (route.method == "GET" && request.method == "HEAD"))
      return Found<Handler>{&route, std::move(*given)};
    allow += (allow.empty() ? "" : ", ") + std::string(route.method) + (route.method == "GET" ? ", HEAD" : "");
  }
  if (allow.empty()) return std::unexpected(net::error_response(404, {"not_found", "there is no resource here"}));
  auto refused =
      net::error_response(405, {"bad_method", request.method + " is not for this address; " + allow + " is"});
  refused.headers["Allow"] = allow;
  return std::unexpected(std::move(refused));
}

}  // namespace sotto::app
