// The settings section `store`: where calls are kept. Without `postgresql` in SQLite, in the folder `data`, by one
// process alone (docs/scale.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/fields_yaml.h"

namespace sotto {

struct StoreSettings {
  std::string postgresql;
  std::string cluster = "sotto";
  std::filesystem::path epochs;
  int epoch_minutes = 60;

  bool shared() const { return !postgresql.empty(); }
};

template <>
struct Fields<StoreSettings> {
  using T = StoreSettings;
  static constexpr std::string_view title = "store";
  static constexpr auto list = std::tuple(
      field(
          "postgresql", &T::postgresql,
          {.text = "address of the database that all processes share, as libpq takes it (host=.. dbname=.. user=.., or "
                   "postgresql://..); its password stands in a passfile or in PGPASSWORD"}),
      field("cluster", &T::cluster, {.text = "whose store it is: processes of another cluster are refused"}),
      field("epochs", &T::epochs,
            {.text =
                 "file of the keys that the keys of calls are sealed under, which all processes reach and no backup of "
                 "the database holds (docs/adr/0016)"}),
      field(
          "epoch_minutes", &T::epoch_minutes,
          {.text = "after so long what was taken back cannot be read in any copy of the database, and a backup so old "
                   "cannot be read at all",
           .least = 1,
           .most = 100'000}));
  static std::optional<settings::Complaint> check(T const& store) {
    auto const& address = store.postgresql;
    auto const slashes = address.find("://");
    auto const at = slashes == std::string::npos ? slashes : address.find('@', slashes);
    bool const in_uri = at != std::string::npos && address.substr(slashes + 3, at - slashes - 3).contains(':');
    if (in_uri || address.contains("password="))
      return settings::Complaint{"postgresql",
                                 "a password does not stand in the settings: put it in a passfile "
                                 "(passfile=..) or in PGPASSWORD"};
    if (store.shared() && store.epochs.empty())
      return settings::Complaint{"epochs", "a shared store needs the file of its epochs"};
    return std::nullopt;
  }
};

}  // namespace sotto
