#include "base/json.h"

#include <algorithm>

namespace sotto {

// NUL is no text: what it ends in a store, a name or another program's string is anybody's guess.
static bool holds_nul(boost::json::value const& value) {
  if (auto const* text = value.if_string()) return std::string_view(text->data(), text->size()).contains('\0');
  if (auto const* list = value.if_array()) return std::ranges::any_of(*list, holds_nul);
  if (auto const* object = value.if_object()) {
    return std::ranges::any_of(*object, [](auto const& entry) {
      return std::string_view(entry.key().data(), entry.key().size()).contains('\0') || holds_nul(entry.value());
    });
  }
  return false;
}

Result<boost::json::object> parse_object(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code failed;
  auto value = boost::json::parse(text, failed, {}, options);
  if (failed) return fail("bad_json", "not valid JSON: " + failed.message());
  if (!value.is_object()) return fail("bad_json", "expected a JSON object");
  if (text.contains("\\u0000") && holds_nul(value)) return fail("bad_json", "a string holds NUL (\\u0000)");
  return std::move(value.get_object());
}

}  // namespace sotto
