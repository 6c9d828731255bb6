#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "roles/makers.h"
#include "roles/module.h"

namespace sotto::app {

namespace {

template <std::size_t n>
using Needs = std::array<std::string_view, n>;

constexpr Needs<1> kAccessLog{"log"};
constexpr Needs<1> kBus{"log"};
constexpr Needs<1> kEncoder{"encoder"};
constexpr Needs<4> kGateway{"log", "bus", "recogniser", "library"};
constexpr Needs<4> kOrchestrator{"log", "bus", "library", "router"};
constexpr Needs<2> kDelivery{"log", "bus"};
constexpr Needs<6> kApi{"log", "access_log", "bus", "library", "router", "delivery"};
constexpr Needs<1> kWebhooks{"log"};
constexpr Needs<1> kAsr{"recogniser"};

constexpr Module kModules[] = {
    {.name = "tokens", .needs = {}, .always = true, .make = &make_tokens},
    {.name = "log", .needs = {}, .make = &make_log},
    {.name = "access_log", .needs = kAccessLog, .make = &make_access_log},
    {.name = "bus", .needs = kBus, .make = &make_bus},
    {.name = "recogniser", .needs = {}, .make = &make_recogniser},
    {.name = "encoder", .needs = {}, .make = &make_encoder},
    {.name = "library", .needs = kEncoder, .make = &make_library},
    {.name = "router", .needs = kEncoder, .make = &make_router},
    // Calls of an earlier run: guidance claims its part, then speech is adopted.
    {.name = "orchestrator", .needs = kOrchestrator, .is_role = true, .make = &make_orchestrator},
    {.name = "gateway", .needs = kGateway, .is_role = true, .make = &make_gateway},
    {.name = "delivery", .needs = kDelivery, .is_role = true, .make = &make_delivery},
    {.name = "api", .needs = kApi, .is_role = true, .make = &make_api},
    {.name = "webhooks", .needs = kWebhooks, .is_role = true, .make = &make_webhooks},
    {.name = "asr", .needs = kAsr, .is_role = true, .alone = true, .make = &make_asr},
};

Module const* find(std::string_view name) {
  auto const* const found = std::ranges::find(kModules, name, &Module::name);
  return found == std::end(kModules) ? nullptr : found;
}

std::string known_roles() {
  std::string out = "all";
  for (auto const& module : kModules)
    if (module.is_role) out += ", " + std::string(module.name);
  return out;
}

std::vector<std::string> split(std::string_view roles) {
  std::vector<std::string> out(1);
  for (char const c : roles) {
    if (c == ',') out.emplace_back();
    else if (c != ' ') out.back() += c;
  }
  return out;
}

void add(Module const& module, std::set<std::string_view>& wanted) {
  wanted.insert(module.name);
  for (auto const& need : module.needs) add(*find(need), wanted);
}

}  // namespace

std::span<Module const> modules() { return kModules; }

Result<std::vector<Module const*>> modules_of(std::string_view roles) {
  std::set<std::string_view> wanted;
  auto const names = split(roles);
  for (auto const& name : names) {
    if (name == "all") {
      for (auto const& module : kModules)
        if (module.is_role && !module.alone) add(module, wanted);
      continue;
    }
    auto const* const role = find(name);
    if (!role || !role->is_role)
      return fail("unknown_role", fmt::format("role \"{}\" is not known; there are: {}", name, known_roles()));
    if (role->alone && names.size() > 1)
      return fail("unknown_role", fmt::format("role {} stands alone: it cannot be one of \"{}\"", name, roles));
    add(*role, wanted);
  }
  std::vector<Module const*> out;
  for (auto const& module : kModules)
    if (module.always || wanted.contains(module.name)) out.push_back(&module);
  return out;
}

std::string_view listen_default(std::string_view roles) { return roles == "asr" ? "127.0.0.1:8701" : "127.0.0.1:8700"; }

}  // namespace sotto::app
