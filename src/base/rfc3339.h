// Times as people and programs write them (RFC 3339, section 5.6); written ones: base/clock.h.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace sotto {

// A time with its offset, to the microsecond, or a day alone: its first moment, UTC. A leap second is the moment after.
// Nullopt: it is neither.
std::optional<Time> parse_rfc3339(std::string_view text);

}  // namespace sotto
