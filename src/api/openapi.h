// docs/openapi.yaml: the HTTP resources as OpenAPI 3.1 describes them, made from their table. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/http_routes.h"

namespace sotto::app {

// Every resource of a server of calls.
std::vector<RouteFacts> every_route();
std::string openapi(std::vector<RouteFacts> const& routes);

}  // namespace sotto::app
