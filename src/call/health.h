// The state of a call as its page says it. Derived from the path, never guessed; an event is made when it changes.
#pragma once

#include <cstdint>
#include <string>

namespace sotto {

struct Health {
  std::string captions =
      "live";               // live | delayed | degraded (stand-by recogniser, smaller model, backlog) | stopped (none)
  std::int64_t lag_ms = 0;  // voiced audio that has no words yet; 0 while captions are live
  bool saved = true;        // false: the store is down, events wait in memory
  std::string suggestions = "on";  // on | paused (models down)
  std::string audio = "waiting";   // waiting | ok | none (open but mute) | lost (sender gone) | paused
  bool operator==(Health const&) const = default;
};

}  // namespace sotto
