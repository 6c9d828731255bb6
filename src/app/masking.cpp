#include "app/masking.h"

#include <set>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

namespace sotto::app {
namespace {

struct Known {
  char const* name;
  bool text::MaskedKinds::* field;
};
constexpr Known known[] = {{"account", &text::MaskedKinds::account},
                           {"iban", &text::MaskedKinds::iban},
                           {"identity", &text::MaskedKinds::identity}};

[[noreturn]] void complain(YAML::Node const& node, std::string const& what) {
  throw YAML::RepresentationException(node.Mark(), what);
}

text::MaskedKinds read_kinds(YAML::Node const& node) {
  text::MaskedKinds out{.account = false, .iban = false, .identity = false};
  if (!node.IsSequence()) complain(node, "masked: `kinds` is a list");
  for (auto const& entry : node) {
    auto const name = entry.as<std::string>();
    auto const one = std::ranges::find(known, name, [](Known const& kind) { return std::string(kind.name); });
    if (one == std::end(known)) {
      complain(entry, fmt::format("masked: there is no kind \"{}\"; known: account, iban, identity (cards and their "
                                  "codes are always masked)",
                                  name));
    }
    out.*one->field = true;
  }
  return out;
}

std::string names(text::MaskedKinds const& kinds) {
  std::vector<std::string> out;
  for (auto const& kind : known) {
    if (kinds.*kind.field) out.emplace_back(kind.name);
  }
  return fmt::format("[{}]", fmt::join(out, ", "));
}

}  // namespace

transcript::Masking read_masking(YAML::Node const& node) {
  transcript::Masking out;
  std::set<std::string> seen;
  if (!node.IsSequence()) complain(node, "masked: expected a list");
  for (auto const& entry : node) {
    if (!entry.IsMap() || !entry["kinds"]) complain(entry, "masked: expected `tenant` and `kinds`");
    for (auto const& field : entry) {
      auto const key = field.first.as<std::string>();
      if (key != "tenant" && key != "kinds") complain(field.first, fmt::format("masked: unknown key \"{}\"", key));
    }
    auto const tenant = entry["tenant"] ? entry["tenant"].as<std::string>() : std::string();
    if (!seen.insert(tenant).second)
      complain(entry, fmt::format("masked: two entries for {}", tenant.empty() ? "all other tenants" : tenant));
    auto const kinds = read_kinds(entry["kinds"]);
    if (tenant.empty()) out.others = kinds;
    else out.tenants[tenant] = kinds;
  }
  return out;
}

std::string print_masking(transcript::Masking const& masking) {
  std::string out = "[";
  for (auto const& [tenant, kinds] : masking.tenants)
    out += fmt::format("{{tenant: \"{}\", kinds: {}}}, ", tenant, names(kinds));
  return out + fmt::format("{{kinds: {}}}]", names(masking.others));
}

}  // namespace sotto::app
