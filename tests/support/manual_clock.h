// A clock that moves when the test says so.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace sotto {

class ManualClock final : public Clock {
 public:
  Time now() const override { return Time(Duration(now_us_)); }
  void advance(Duration by) { now_us_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_us_ = 1'700'000'000'000'000;
};

}  // namespace sotto
