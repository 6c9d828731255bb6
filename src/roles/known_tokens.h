// Whose token it is, for all that a process answers. Confined to the loop.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "net/guard.h"
#include "roles/tokens.h"

namespace sotto::app {

class KnownTokens {
 public:
  KnownTokens(Clock const& clock, std::vector<Credential> of_settings)
      : clock_(clock), of_settings_(std::move(of_settings)) {}

  // Those of the file of records, instead of the ones before. Error bad_config: nothing changes.
  Result<void> set_records(std::vector<TokenSettings> const& records);
  // A token that this process gives to itself; lives as long as it.
  std::string make_own(Principal bearer);
  // Error unauthorized. As long for the first as for the last.
  Result<Principal> bearer_of(std::string_view token) const;

 private:
  Clock const& clock_;
  std::vector<Credential> of_settings_;
  std::vector<Credential> own_;
  std::vector<Credential> known_ = of_settings_;  // of the settings, of the records
};

}  // namespace sotto::app
