// Numbers, dates and times of day in folded words, written or said. Each reader takes words from `at` on, and says how
// many it read; 0: there is none.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sotto::language {

using Folded = std::vector<std::string>;

struct Amount {
  std::string value;
  std::size_t words = 0;
};

Amount read_cardinal(Folded const& words, std::size_t at);  // "two thousand and five", "12,000", "two point five"
Amount read_date(Folded const& words, std::size_t at);      // "2026-07-25", "--07-25", "2026-07", "2026-03-12"
Amount read_time(Folded const& words, std::size_t at);      // "13:30"
Amount read_money(Folded const& words, std::size_t at);     // "12.50 USD"

}  // namespace sotto::language
