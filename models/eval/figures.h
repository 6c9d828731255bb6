// Printing of evaluations: one JSON object a figure with its 95 % interval: of shares Wilson's (1927), of counts per
// call Byar's (Breslow & Day 1987, 2.13), of anything else by bootstrap (Efron 1979).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// The interval of a count (Byar's).
inline std::pair<double, double> byar(double count) {
  auto const bound = [](double k, double z) { return k * std::pow(1 - 1 / (9 * k) + z / (3 * std::sqrt(k)), 3); };
  return {count > 0 ? bound(count, -1.96) : 0, bound(count + 1, 1.96)};
}

// So many in `calls` calls.
inline void print_rate(std::string_view bench, std::string_view figure, double count, double calls, double floor,
                       double aim, std::string const& keys = "") {
  auto const [low, high] = byar(count);
  print_value(bench, figure, count / calls, "cues a call", static_cast<std::size_t>(calls), floor, aim,
              fmt::format(R"(,"ci95":[{:.4f},{:.4f}]{})", low / calls, high / calls, keys));
}

// `of` gives the figure of a sample of 0..n-1; the interval as a key.
template <typename Of>
std::string bootstrapped(std::size_t n, Of of) {
  constexpr std::size_t kSamples = 1000;
  std::mt19937 random(1);
  std::vector<std::size_t> sample(n);
  std::vector<double> values;
  for (std::size_t i = 0; i < kSamples && n > 0; ++i) {
    for (auto& one : sample) one = random() % n;
    values.push_back(of(sample));
  }
  if (values.empty()) return "";
  std::ranges::sort(values);
  return fmt::format(R"(,"ci95":[{:.4f},{:.4f}])", values[kSamples / 40], values[kSamples - kSamples / 40]);
}

}  // namespace sotto::eval
