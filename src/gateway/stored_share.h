// Whether a tenant's stored calls leave room for another: what they take is asked of the log now and then, so that a
// few calls too many may begin meanwhile. Confined to one loop.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "call/tenant_shares.h"
#include "ports/call_index.h"

namespace sotto::gateway {

class StoredShare {
 public:
  // Both outlive this. `shares` null: a tenant may take all of it.
  StoredShare(CallIndex& index, TenantShares const* shares) : index_(index), shares_(shares) {}
  ~StoredShare() { *alive_ = false; }
  StoredShare(StoredShare const&) = delete;
  StoredShare& operator=(StoredShare const&) = delete;

  // Often; asks once a minute.
  void tick(Time now);
  // Error tenant_share: no call of this tenant may begin.
  Result<void> room_for(std::string const& tenant) const;

 private:
  void on_stored(Result<StoredBytes> const& stored);

  CallIndex& index_;
  TenantShares const* const shares_;
  Time asked_at_{};
  StoredBytes stored_;
  std::set<std::string, std::less<>> warned_;  // nearly full, said once
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::gateway
