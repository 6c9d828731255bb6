// Which numbers are hidden in whose calls, beside cards and their codes, which always are (docs/entities.md).
//
//   masked:
//     - { tenant: acme, kinds: [iban, identity] }   # its agents see account numbers
//     - { kinds: [account, iban, identity] }        # every other tenant; so it is without the setting
#pragma once

#include <string>
#include <vector>

#include "base/fields_yaml.h"
#include "live/transcript/privacy_gate.h"

namespace sotto::app {

enum class MaskedKind { account, iban, identity };

struct MaskingSettings {
  std::string tenant;
  std::vector<MaskedKind> kinds;
};

transcript::Masking masking_of(std::vector<MaskingSettings> const& settings);
std::vector<MaskingSettings> settings_of(transcript::Masking const& masking);

}  // namespace sotto::app

namespace sotto {

template <>
struct Names<app::MaskedKind> {
  static constexpr std::array<std::pair<std::string_view, app::MaskedKind>, 3> list{
      {{"account", app::MaskedKind::account},
       {"iban", app::MaskedKind::iban},
       {"identity", app::MaskedKind::identity}}};
};

template <>
struct Fields<app::MaskingSettings> {
  using T = app::MaskingSettings;
  static constexpr std::string_view title = "masked";
  static constexpr auto list = std::tuple(
      field("tenant", &T::tenant, {.text = "in whose calls; without: those of every other tenant", .unique = true}),
      field("kinds", &T::kinds,
            {.text = "what is hidden beside cards and their codes, which always are", .identity = true}));
};

template <>
struct settings::Form<transcript::Masking> {
  using type = std::vector<app::MaskingSettings>;
  static type of(transcript::Masking const& masking) { return app::settings_of(masking); }
  static transcript::Masking from(type const& settings) { return app::masking_of(settings); }
};

}  // namespace sotto
