// One line a minute and kind of trouble, with how often it was, so that whoever is refused ten thousand times a second
// does not fill the disk with log. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace sotto {

class LineLimit {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  static constexpr auto kEvery = std::chrono::minutes(1);

  // How often it was since the last line, this time included; nullopt: not to be told yet.
  std::optional<std::uint64_t> note(std::string const& kind, Instant now) {
    auto& entry = kinds_[kind];
    ++entry.untold;
    if (entry.told && now - *entry.told < kEvery) return std::nullopt;
    entry.told = now;
    return std::exchange(entry.untold, 0);
  }

 private:
  struct Kind {
    std::optional<Instant> told;
    std::uint64_t untold = 0;
  };
  std::map<std::string, Kind> kinds_;  // a handful of fixed names
};

}  // namespace sotto
