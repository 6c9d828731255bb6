// What becomes of a call's events when words of it are taken back (CallLog::redact), whatever the log keeps them in.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "call/events.h"
#include "call/redaction.h"

namespace sotto {

// What is to be done once it is committed: the key before is destroyed (0: there was none).
struct Resealed {
  std::int64_t key = 0;
  std::int64_t first = 0;  // the number of the first EventRedacted
};

using RedactedEvents = std::map<std::int64_t, Event>;  // by number

// The events as they are from now on. `last`: the number of the call's last event; `read`: one of its events. Errors:
// no_such_event, bad_event (another kind of event), those of `read`.
Result<RedactedEvents> redacted_events(std::string const& call, std::vector<Redaction> const& events, std::int64_t last,
                                       std::function<Result<Event>(std::int64_t number)> const& read);

// The text of an event of the call, where it was redacted or an earlier redaction told its words the new one.
Result<std::string> text_after(RedactedEvents const& redacted, std::int64_t number, std::string_view type,
                               std::string text);

// What tells followers of them, in the order given.
std::vector<EventBody> redactions_told(std::vector<Redaction> const& events);

}  // namespace sotto
