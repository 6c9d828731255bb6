#include "gateway/stored_share.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/utf8.h"

namespace sotto::gateway {

static constexpr auto kAskEvery = std::chrono::minutes(1);
static constexpr std::int64_t kMib = 1024 * 1024;

void StoredShare::tick(Time now) {
  if (!shares_ || (asked_at_ != Time() && now - asked_at_ < kAskEvery)) return;
  asked_at_ = now;
  index_.stored([this, alive = alive_](Result<StoredBytes> const& stored) {
    if (*alive) on_stored(stored);
  });
}

void StoredShare::on_stored(Result<StoredBytes> const& stored) {
  if (!stored) return;  // what was known stays so; the log's own trouble is told elsewhere
  stored_ = *stored;
  for (auto const& [tenant, bytes] : stored_) {
    std::int64_t const most = shares_->of(tenant).stored_mib * kMib;
    if (most == 0 || bytes < most / 10 * 9) warned_.erase(tenant);
    else if (warned_.insert(tenant).second)
      spdlog::warn("tenant {}: its stored calls take {} MiB of the {} that they may (the setting tenant_stored_mib)",
                   one_line(tenant), bytes / kMib, most / kMib);
  }
}

Result<void> StoredShare::room_for(std::string const& tenant) const {
  auto const known = stored_.find(tenant);
  if (!shares_ || known == stored_.end()) return {};
  std::int64_t const most = shares_->of(tenant).stored_mib * kMib;
  if (most == 0 || known->second < most) return {};
  return fail("tenant_share", fmt::format("the stored calls of tenant {} take {} MiB, as much as they may (the setting "
                                          "tenant_stored_mib): erase some, or allow more",
                                          one_line(tenant), known->second / kMib));
}

}  // namespace sotto::gateway
