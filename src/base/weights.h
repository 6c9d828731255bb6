// Weights of a small trained linear model, compiled into the program as a table of lines "feature TAB weight".
#pragma once

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>

#include "base/check.h"

namespace sotto {

using Weights = std::unordered_map<std::string_view, double>;

// The keys are views into `table`.
inline Weights parse_weights(std::string_view table) {
  Weights weights;
  while (!table.empty()) {
    auto const line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(table.size(), line.size() + 1));
    auto const tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    double weight = 0;
    auto const parsed = std::from_chars(line.data() + tab + 1, line.data() + line.size(), weight);
    CHECK(parsed.ec == std::errc());
    weights.emplace(line.substr(0, tab), weight);
  }
  return weights;
}

// Of a feature that training did not keep: 0.
inline double weight_of(Weights const& weights, std::string_view feature) {
  auto const found = weights.find(feature);
  return found == weights.end() ? 0 : found->second;
}

}  // namespace sotto
