// What a call's guide knows, as text: with it and the events after it another owner goes on where this one is, and no
// model is asked again. Kept in the log now and then (ports/call_log.h, Append::snapshot).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "call/annotation.h"
#include "live/guidance/guidance.h"
#include "live/orchestrator/orchestrator.h"

namespace sotto {

struct GuideMemory {
  std::int64_t number = 0;  // every event up to here is in it
  orchestrator::Memory orchestrator;
  guidance::Memory guidance;
  std::vector<ChecklistItem> checklist;
};

std::string to_snapshot(GuideMemory const& memory);
// Error bad_snapshot: an older or a broken one.
Result<GuideMemory> from_snapshot(std::string_view text);

}  // namespace sotto
