// Time as the domain sees it: microseconds since the Unix epoch that never run backwards.
// Domain code never reads a clock: it is handed `now`. Only net/, adapters/ and app/ hold a Clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sotto {

using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class Clock {
 public:
  virtual ~Clock() = default;
  // Thread-safe. Wall time at start-up plus monotonic time since then.
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  // From here on no earlier than `time`, but for what is more than a year ahead: that clock was wrong. Before now() is
  // asked by other threads.
  void not_before(Time time) {
    if (time > wall_start_ && time < wall_start_ + std::chrono::years(1)) wall_start_ = time;
  }
  Time now() const override {
    auto const elapsed = std::chrono::steady_clock::now() - steady_start_;
    return wall_start_ + std::chrono::duration_cast<Duration>(elapsed);
  }

 private:
  std::chrono::steady_clock::time_point const steady_start_ = std::chrono::steady_clock::now();
  Time wall_start_ = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
};

// Milliseconds with microsecond resolution, for stage timings.
inline double to_ms(Duration duration) { return static_cast<double>(duration.count()) / 1000.0; }

// RFC 3339, UTC, milliseconds: "2026-01-31T09:30:00.250Z".
std::string to_rfc3339(Time time);

}  // namespace sotto
