#include "base/json.h"

namespace sotto {

Result<boost::json::object> parse_object(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code failed;
  auto value = boost::json::parse(text, failed, {}, options);
  if (failed) return fail("bad_json", "not valid JSON: " + failed.message());
  if (!value.is_object()) return fail("bad_json", "expected a JSON object");
  return std::move(value.get_object());
}

}  // namespace sotto
