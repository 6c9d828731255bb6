#include "gateway/masking.h"

#include <utility>

namespace sotto::app {

static constexpr std::pair<MaskedKind, bool language::MaskedKinds::*> kFields[] = {
    {MaskedKind::account, &language::MaskedKinds::account},
    {MaskedKind::iban, &language::MaskedKinds::iban},
    {MaskedKind::identity, &language::MaskedKinds::identity}};

static MaskingSettings settings_of(std::string tenant, language::MaskedKinds const& masked) {
  MaskingSettings out{.tenant = std::move(tenant), .kinds = {}};
  for (auto const& [kind, field] : kFields) {
    if (masked.*field) out.kinds.push_back(kind);
  }
  return out;
}

transcript::Masking masking_of(std::vector<MaskingSettings> const& settings) {
  transcript::Masking out;
  for (auto const& one : settings) {
    language::MaskedKinds masked{.account = false, .iban = false, .identity = false};
    for (auto const& [kind, field] : kFields) masked.*field = std::ranges::find(one.kinds, kind) != one.kinds.end();
    (one.tenant.empty() ? out.others : out.tenants[one.tenant]) = masked;
  }
  return out;
}

std::vector<MaskingSettings> settings_of(transcript::Masking const& masking) {
  std::vector<MaskingSettings> out;
  for (auto const& [tenant, masked] : masking.tenants) out.push_back(settings_of(tenant, masked));
  out.push_back(settings_of("", masking.others));
  return out;
}

}  // namespace sotto::app
