// Values as people type them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sotto::app {

// "83" or "83.5": seconds, at most a million, as ms. Nothing for anything else: a sign, hexadecimal, inf, nan.
std::optional<std::int64_t> parse_seconds(std::string_view text);
// The same, or "1:23.5": minutes of at most four digits and seconds below 60.
std::optional<std::int64_t> parse_at(std::string_view text);

}  // namespace sotto::app
