// What the list of calls tells of each: folded from its events, so that no list has to read them. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "call/events.h"

namespace sotto {

struct CallTotals {
  int cues = 0;  // shown
  int late = 0;  // cues that came too late to be shown
  bool live = true;
  std::string end_reason;  // name(EndReason); when ended
  std::int64_t duration_ms = 0;
  double heard = 1;  // 0..1 over all tracks; see CoverageTotals::heard

  bool operator==(CallTotals const&) const = default;
};

// `totals` with one more event, in the order of numbers.
void fold(CallTotals& totals, EventBody const& body);

}  // namespace sotto
