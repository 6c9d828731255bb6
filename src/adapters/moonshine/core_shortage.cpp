#include "adapters/moonshine/core_shortage.h"

#include <algorithm>

namespace sotto {

namespace {
constexpr double kTooLateMs = 250;  // of an average, behind an endpoint at 400 to 750 ms
constexpr double kNewest = 1.0 / 8;
constexpr Duration kRest = 30s, kRestMost = 960s;
}  // namespace

void CoreShortage::late_by(Duration late, Time now) {
  if (is_short(now)) return;  // how the smaller one fares says nothing of the larger
  late_ms_ += kNewest * (std::max(0.0, to_ms(late)) - late_ms_);
  if (late_ms_ < kTooLateMs) return;
  bool const soon = rest_ > Duration(0) && now - rests_until_ < rest_;
  rest_ = soon ? std::min(2 * rest_, kRestMost) : kRest;
  rests_until_ = now + rest_;
  late_ms_ = 0;
}

}  // namespace sotto
