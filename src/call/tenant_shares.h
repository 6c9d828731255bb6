// How much one tenant may take of what a process holds (calls, questions under way, bytes that wait) and of the store.
// What is left is for the others, however busy one is. Confined to one loop.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_budget.h"
#include "base/limits.h"

namespace sotto {

struct TenantShare {
  int percent = 75;
  int stored_mib = 0;  // of the store; 0: as much as there is
};

class TenantShares {
 public:
  // One of every tenant's, and others by tenant. `waiting`: of all; outlives this and what it hands out.
  TenantShares(TenantShare every, std::map<std::string, TenantShare, std::less<>> others, ByteBudget& waiting)
      : every_(every), others_(std::move(others)), waiting_(waiting) {}

  TenantShare const& of(std::string_view tenant) const {
    auto const other = others_.find(tenant);
    return other == others_.end() ? every_ : other->second;
  }
  // At least one of `all`.
  std::size_t of(std::string_view tenant, std::size_t all) const {
    return std::max<std::size_t>(1, all * static_cast<std::size_t>(of(tenant).percent) / 100);
  }
  // The tenant's part of the bytes that wait; the same for all who ask while anyone holds it.
  std::shared_ptr<ByteBudget> waiting(std::string const& tenant) {
    std::erase_if(budgets_, [](auto const& each) { return each.second.expired(); });
    auto& known = budgets_[tenant];
    auto budget = known.lock();
    if (!budget) known = budget = std::make_shared<ByteBudget>(of(tenant, waiting_.limit()), &waiting_);
    return budget;
  }

 private:
  TenantShare const every_;
  std::map<std::string, TenantShare, std::less<>> const others_;
  ByteBudget& waiting_;
  std::map<std::string, std::weak_ptr<ByteBudget>> budgets_;
};

}  // namespace sotto
