#include "cli/arguments.h"

#include <charconv>
#include <cmath>

namespace sotto::app {

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  constexpr double kMost = 1e6;
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  double seconds = 0;
  auto const* const end = text.data() + text.size();
  auto const [at, code] = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  if (code != std::errc() || at != end || seconds > kMost) return std::nullopt;
  return std::llround(seconds * 1000);
}

std::optional<std::int64_t> parse_at(std::string_view text) {
  auto const colon = text.find(':');
  if (colon == std::string_view::npos) return parse_seconds(text);
  auto const head = text.substr(0, colon);
  int minutes = 0;
  auto const [at, code] = std::from_chars(head.data(), head.data() + head.size(), minutes);
  auto const seconds = parse_seconds(text.substr(colon + 1));
  if (code != std::errc() || at != head.data() + head.size() || head.size() > 4 || minutes < 0 || !seconds ||
      *seconds >= 60'000)
    return std::nullopt;
  return minutes * 60'000 + *seconds;
}

}  // namespace sotto::app
