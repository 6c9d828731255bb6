#include "roles/known_tokens.h"

#include "adapters/openssl/secrets.h"

namespace sotto::app {

Result<void> KnownTokens::set_records(std::vector<TokenSettings> const& records) {
  auto known = of_settings_;
  if (auto added = add_credentials(known, records); !added) return added;
  known_ = std::move(known);
  return {};
}

std::string KnownTokens::make_own(Principal bearer) {
  auto token = random_hex(24);
  own_.push_back({.digest = digest(token), .bearer = std::move(bearer)});
  return token;
}

Result<Principal> KnownTokens::bearer_of(std::string_view token) const {
  auto const sent = digest(token);
  Credential const* found = nullptr;
  for (auto const* list : {&known_, &own_}) {
    for (auto const& credential : *list)
      if (net::equal_constant_time(sent, credential.digest)) found = &credential;
  }
  if (!found) return fail("unauthorized", "the token is not known");
  if (found->until && clock_.now() >= *found->until)
    return fail("unauthorized", "the token has expired: " + to_rfc3339(*found->until));
  return found->bearer;
}

}  // namespace sotto::app
