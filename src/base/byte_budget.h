// How many bytes may wait, as a tree: a connection's queues draw from the connection's budget, a call's from the
// call's, and both from the process's. What does not fit in one of them is refused by all, and its owner says what is
// lost. Confined to one loop.
#pragma once

#include <cstddef>
#include <utility>

#include "base/check.h"

namespace sotto {

class ByteBudget {
 public:
  explicit ByteBudget(std::size_t limit, ByteBudget* above = nullptr) : limit_(limit), above_(above) {}
  // What is still taken is given back to the budgets above.
  ~ByteBudget() {
    if (above_) above_->give(used_);
  }
  ByteBudget(ByteBudget const&) = delete;
  ByteBudget& operator=(ByteBudget const&) = delete;

  // False: it does not fit here or above, and nothing was taken.
  bool take(std::size_t bytes) {
    if (bytes > limit_ - used_ || (above_ && !above_->take(bytes))) return false;
    used_ += bytes;
    return true;
  }
  void give(std::size_t bytes) {
    CHECK(bytes <= used_);
    used_ -= bytes;
    if (above_) above_->give(bytes);
  }
  std::size_t used() const { return used_; }
  std::size_t limit() const { return limit_; }

 private:
  std::size_t const limit_;
  ByteBudget* const above_;  // outlives this one
  std::size_t used_ = 0;
};

}  // namespace sotto
