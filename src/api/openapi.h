// docs/openapi.yaml: the HTTP resources as OpenAPI 3.1 describes them, made from their table. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/http_routes.h"

namespace sotto::app {

std::string openapi(std::vector<RouteFacts> const& routes);

}  // namespace sotto::app
