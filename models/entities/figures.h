// One JSON object a figure, on standard output.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace sotto::eval {

// A share of n with its 95 % interval (Wilson).
inline std::string share(std::string_view bench, std::string_view figure, long hits, long n, std::string_view more) {
  double const p = n > 0 ? static_cast<double>(hits) / static_cast<double>(n) : 0, z = 1.96, m = static_cast<double>(n);
  double const middle = (p + z * z / (2 * m)) / (1 + z * z / m);
  double const half = z * std::sqrt(p * (1 - p) / m + z * z / (4 * m * m)) / (1 + z * z / m);
  return fmt::format(R"({{"bench":"{}","figure":"{}","value":{:.5f},"unit":"share","n":{},"ci95":[{:.5f},{:.5f}]{}}})",
                     bench, figure, p, n, std::max(0.0, middle - half), std::min(1.0, middle + half), more);
}

}  // namespace sotto::eval
