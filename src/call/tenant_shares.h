// How much of what a process holds one tenant may take: calls, questions under way, bytes that wait. What is left is
// for the others, however busy one is. Confined to one loop.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_budget.h"
#include "base/limits.h"

namespace sotto {

class TenantShares {
 public:
  // Of 100: one of every tenant's, and others by tenant. `waiting`: of all; outlives this and what it hands out.
  TenantShares(int percent, std::map<std::string, int, std::less<>> others, ByteBudget& waiting)
      : percent_(percent), others_(std::move(others)), waiting_(waiting) {}

  // At least one of `all`.
  std::size_t of(std::string_view tenant, std::size_t all) const {
    auto const other = others_.find(tenant);
    auto const percent = static_cast<std::size_t>(other == others_.end() ? percent_ : other->second);
    return std::max<std::size_t>(1, all * percent / 100);
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
  int const percent_;
  std::map<std::string, int, std::less<>> const others_;
  ByteBudget& waiting_;
  std::map<std::string, std::weak_ptr<ByteBudget>> budgets_;
};

}  // namespace sotto
