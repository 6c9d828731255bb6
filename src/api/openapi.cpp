#include "api/openapi.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/http_api.h"
#include "api/server_api.h"
#include "base/fields_json.h"

namespace sotto::app {

namespace {

constexpr std::string_view kHead =
    R"(# Made from the table in src/api/http_table.cpp: SOTTO_SCHEMAS_WRITE=1 build/outer_tests --gtest_filter=OpenApi.*
openapi: 3.1.0
info:
  title: Sotto
  version: "1"
  description: >-
    Calls, their events and what may be done with a live one. Sockets are in asyncapi.yaml. HEAD goes where GET goes.
    What is outside the scope of a token is answered as if it were not there (access.md).
components:
  securitySchemes:
    bearer:
      type: http
      scheme: bearer
      description: a token of the server's settings; the names beside it are the roles of which its bearer needs one
  schemas:
    Error:
      type: object
      required: [error]
      properties:
        error:
          type: object
          required: [code, message]
          properties:
            code: { type: string }
            message: { type: string }
paths:
)";

std::string path_of(RouteFacts const& route) { return fmt::format("/{}", fmt::join(route.segments, "/")); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string security(Roles const& roles) {
  std::string out;
  for (auto const& [name, role] : Names<Role>::list) {
    if (roles.has(role)) out += fmt::format("{}{{ bearer: [{}] }}", out.empty() ? "" : ", ", name);
  }
  return fmt::format("      security: [{}]\n", out);
}

std::string parameters(RouteFacts const& route) {
  std::string out;
  for (auto const& segment : route.segments) {
    if (!segment.starts_with('{')) continue;
    out += fmt::format("        - {{ name: {}, in: path, required: true, schema: {{ type: string }} }}\n",
                       segment.substr(1, segment.size() - 2));
  }
  std::istringstream names{std::string(route.text.query)};
  for (std::string name; names >> name;)
    out += fmt::format("        - {{ name: {}, in: query, schema: {{ type: string }} }}\n", name);
  return out.empty() ? "" : "      parameters:\n" + out;
}

std::string responses(RouteFacts const& route) {
  auto const& text = route.text;
  std::map<int, std::vector<std::string>> refused;
  std::istringstream codes{std::string(text.errors)};
  for (std::string code; codes >> code;) refused[status_of(code)].push_back(code);
  if (!route.rule.needs.open()) {
    refused[401].emplace_back("unauthorized");
    refused[403].emplace_back("forbidden");
  }
  if (route.rule.needs.access().recorded != Recorded::never) refused[503].emplace_back("access_log_failed");
  if (route.rule.body_max > 0) refused[413].emplace_back("bad_request");
  auto out = fmt::format("      responses:\n        \"{}\":\n          description: done\n", text.status);
  if (text.status != 101) {
    out += fmt::format("          content:\n            \"{}\":\n              schema: {}\n", text.type,
                       text.answer.empty() ? R"({"type": "string"})" : text.answer);
  }
  for (auto const& [status, named] : refused) {
    out += fmt::format("        \"{}\":\n          description: {}\n", status, fmt::join(named, ", "));
    if (text.type == "text/plain") continue;
    out += "          content: { application/json: { schema: { $ref: \"#/components/schemas/Error\" } } }\n";
  }
  return out;
}

std::string operation(RouteFacts const& route) {
  auto out = fmt::format("    {}:\n      summary: \"{}\"\n", lower(route.method), route.text.summary);
  out += security(route.rule.needs.access().roles) + parameters(route);
  if (!route.text.body.empty()) {
    out += fmt::format(
        "      requestBody:\n        required: true\n        content:\n          application/json:\n"
        "            schema: {}\n",
        route.text.body);
  }
  return out + responses(route);
}

}  // namespace

std::vector<RouteFacts> every_route() {
  auto out = facts_of(ServerApi::table());
  std::ranges::move(facts_of(HttpApi::table()), std::back_inserter(out));
  return out;
}

std::string openapi(std::vector<RouteFacts> const& routes) {
  std::vector<std::string> order;
  std::map<std::string, std::string> paths;
  for (auto const& route : routes) {
    auto const path = path_of(route);
    if (!paths.contains(path)) order.push_back(path);
    paths[path] += operation(route);
  }
  std::string out(kHead);
  for (auto const& path : order) out += fmt::format("  {}:\n{}", path, paths[path]);
  return out;
}

}  // namespace sotto::app
