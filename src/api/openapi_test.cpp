#include "api/openapi.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "api/http_api.h"
#include "api/http_surface.h"
#include "api/server_api.h"

namespace sotto::app {

// SOTTO_SCHEMAS_WRITE=1 writes it anew.
TEST(OpenApi, TheFileIsThatOfTheTable) {
  auto const file = std::string(SOTTO_SOURCE_DIR) + "/docs/openapi.yaml";
  auto const text = openapi(every_route());
  if (std::getenv("SOTTO_SCHEMAS_WRITE")) std::ofstream(file) << text;
  std::ostringstream stands;
  stands << std::ifstream(file).rdbuf();
  EXPECT_EQ(stands.str(), text) << "docs/openapi.yaml is not what the table says: run with SOTTO_SCHEMAS_WRITE=1";
}

TEST(OpenApi, EveryRouteIsInIt) {
  auto const file = YAML::Load(openapi(every_route()));
  std::size_t operations = 0;
  for (auto const& path : file["paths"]) operations += path.second.size();
  EXPECT_EQ(operations, every_route().size());
  auto const& calls = file["paths"]["/v1/calls/{call}/checklist/{item}"]["post"];
  ASSERT_TRUE(calls);
  EXPECT_EQ(calls["parameters"].size(), 2u);
  EXPECT_EQ(calls["security"].size(), 2u);
  EXPECT_EQ(file["paths"]["/healthz"]["get"]["security"].size(), 0u);
}

TEST(HttpTable, EveryErrorThatARouteNamesHasAStatus) {
  for (auto const& route : every_route()) {
    std::istringstream codes{std::string(route.text.errors)};
    for (std::string code; codes >> code;)
      EXPECT_TRUE(status_of(code) != 500 || code == "damaged") << code << " of " << route.text.summary;
  }
}

TEST(HttpTable, NothingOfCallsIsOpenToWhoeverComes) {
  std::set<std::string> const open{"healthz", "readyz"};
  for (auto const& route : every_route()) {
    bool const by_ticket = route.segments.back() == "subscribe";
    EXPECT_EQ(route.rule.needs.open(), open.contains(route.segments.front()) || by_ticket) << route.text.summary;
  }
}

TEST(HttpTable, AMethodThatIsNotThereIsRefusedWithThoseThatAre) {
  HttpSurface surface;
  PrometheusMetrics metrics;
  ServerApi server(metrics, [] { return std::string(); }, [] { return std::string(); });
  surface.add(server);
  for (auto const& route : facts_of(ServerApi::table())) {
    for (std::string const method : {"DELETE", "PUT", "PATCH", "BREW"}) {
      auto const refused = surface.rule({.method = method, .segments = route.segments});
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().status, 405);
      EXPECT_NE(refused.error().headers.at("Allow").find(route.method), std::string::npos);
    }
  }
  EXPECT_EQ(surface.rule({.method = "GET", .segments = {"v1", "nothing"}}).error().status, 404);
}

TEST(HttpTable, WhatNoTableHasIsAPageOrRefused) {
  EXPECT_TRUE(HttpApi::page_rule({.method = "GET", .segments = {"calls", "x"}}));
  EXPECT_EQ(HttpApi::page_rule({.method = "POST", .segments = {"calls"}}).error().status, 405);
  EXPECT_EQ(HttpApi::page_rule({.method = "GET", .segments = {"v1", "nothing"}}).error().status, 404);
}

}  // namespace sotto::app
