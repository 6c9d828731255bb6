// Printing of evaluations: one JSON object a figure, shares with their 95 % interval (Wilson 1927).
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace sotto::eval {

// The folder of the public data; `make eval` has checked that it exists.
inline std::filesystem::path data() {
  auto const* const folder = std::getenv("SOTTO_DATA");
  return folder ? folder : "";
}

// `keys`: further members, each `,"key":value`.
inline void print_share(std::string_view bench, std::string_view figure, double hits, double n, double floor,
                        double aim, std::string const& keys = "") {
  double const z = 1.96, share = n > 0 ? hits / n : 0, whole = n > 0 ? n : 1;
  double const middle = (share + z * z / (2 * whole)) / (1 + z * z / whole);
  double const half = z / (1 + z * z / whole) * std::sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole));
  fmt::print(R"({{"bench":"{}","figure":"{}","value":{:.4f},"unit":"share","n":{:.0f},"ci95":[{:.4f},{:.4f}],)"
             R"("floor":{},"aim":{}{}}})"
             "\n",
             bench, figure, share, n, std::max(0.0, middle - half), std::min(1.0, middle + half), floor, aim, keys);
  std::fflush(stdout);
}

inline void print_value(std::string_view bench, std::string_view figure, double value, std::string_view unit,
                        std::size_t n, double floor, double aim, std::string const& keys = "") {
  fmt::print(R"({{"bench":"{}","figure":"{}","value":{:.4f},"unit":"{}","n":{},"floor":{},"aim":{}{}}})"
             "\n",
             bench, figure, value, unit, n, floor, aim, keys);
  std::fflush(stdout);
}

}  // namespace sotto::eval
