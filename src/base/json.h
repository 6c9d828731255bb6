// Reading JSON objects without surprises: a missing member or one of another kind gives the default.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/error.h"

namespace sotto {

inline std::string get_string(boost::json::object const& object, std::string_view key,
                              std::string_view otherwise = "") {
  auto const* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string(otherwise);
}

inline std::int64_t get_int(boost::json::object const& object, std::string_view key, std::int64_t otherwise = 0) {
  auto const* value = object.if_contains(key);
  if (!value || !value->is_number()) return otherwise;
  boost::system::error_code failed;
  auto const number = value->to_number<std::int64_t>(failed);
  return failed ? otherwise : number;
}

inline double get_double(boost::json::object const& object, std::string_view key, double otherwise = 0) {
  auto const* value = object.if_contains(key);
  return value && value->is_number() ? value->to_number<double>() : otherwise;
}

inline bool get_bool(boost::json::object const& object, std::string_view key, bool otherwise = false) {
  auto const* value = object.if_contains(key);
  return value && value->is_bool() ? value->get_bool() : otherwise;
}

inline boost::json::object const* get_object(boost::json::object const& object, std::string_view key) {
  auto const* value = object.if_contains(key);
  return value ? value->if_object() : nullptr;
}

inline boost::json::array const* get_array(boost::json::object const& object, std::string_view key) {
  auto const* value = object.if_contains(key);
  return value ? value->if_array() : nullptr;
}

// Parses one JSON object; anything else, or trailing text, is error `bad_json`. Depth is limited to 32.
Result<boost::json::object> parse_object(std::string_view text);

}  // namespace sotto
