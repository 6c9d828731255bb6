#include "base/clock.h"

#include <ctime>

#include <fmt/format.h>

namespace sotto {

std::string to_rfc3339(Time time) {
  std::int64_t const micros = time.time_since_epoch().count();
  std::time_t const seconds = micros / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, micros / 1000 % 1000);
}

}  // namespace sotto
