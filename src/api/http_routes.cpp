#include "api/http_routes.h"

namespace sotto::app {

RoutePattern::RoutePattern(std::string_view text) {
  text.remove_prefix(1);
  for (;;) {
    auto const slash = text.find('/');
    segments_.emplace_back(text.substr(0, slash));
    if (slash == std::string_view::npos) return;
    text.remove_prefix(slash + 1);
  }
}

std::optional<std::vector<std::string>> RoutePattern::match(std::vector<std::string> const& segments) const {
  if (segments.size() != segments_.size()) return std::nullopt;
  std::vector<std::string> given;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!segments_[i].starts_with('{')) {
      if (segments[i] != segments_[i]) return std::nullopt;
    } else {
      if (segments[i].empty()) return std::nullopt;
      given.push_back(segments[i]);
    }
  }
  return given;
}

std::string RoutePattern::text() const {
  std::string out;
  for (auto const& segment : segments_) out += "/" + segment;
  return out;
}

}  // namespace sotto::app
