#include "roles/roles.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "roles/serve.h"

namespace sotto::app {

static constexpr std::array kRoles{
    ProcessRole{.name = "all", .listen = "127.0.0.1:8700", .run = &serve},
    ProcessRole{.name = "asr", .listen = "127.0.0.1:8701", .run = &serve_asr},
};

Result<ProcessRole const*> find_role(std::string_view name) {
  auto const* const role = std::ranges::find(kRoles, name, &ProcessRole::name);
  if (role != kRoles.end()) return role;
  std::string known;
  for (auto const& each : kRoles) known += (known.empty() ? "" : ", ") + std::string(each.name);
  return fail("unknown_role", fmt::format("role \"{}\" is not known; there are: {}", name, known));
}

}  // namespace sotto::app
