// What the log lets a batch do, whatever it keeps the calls in (ports/call_log.h). Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "ports/call_log.h"

namespace sotto {

// What a part of a call is at. first: the number of the first event of its last batch, or of the next one after it.
struct PartState {
  std::int64_t fence = 0, batch = 0, first = 1, consumed = 0;
  bool done = false;

  bool operator==(PartState const&) const = default;
};

// A batch that opens a call is the first of its speech. Error conflict.
Result<void> check_opening(Append const& batch);
// What the batch was answered with where it was applied before; nullopt: it is the next one. Errors: fenced, conflict.
Result<std::optional<std::int64_t>> admit(Append const& batch, PartState const& part);
// The part behind a batch whose events are `first` to `last`. Error conflict: what it has consumed falls, or is not
// there.
Result<PartState> part_after(Append const& batch, PartState part, std::int64_t first, std::int64_t last);

}  // namespace sotto
