// Settings that are maps: every key is a known one, and what is wrong is thrown as a YAML::Exception with its place.
#pragma once

#include <functional>
#include <map>
#include <string>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace sotto::app {

[[noreturn]] inline void complain(YAML::Node const& node, std::string const& what) {
  throw YAML::RepresentationException(node.Mark(), what);
}

using Field = std::function<void(YAML::Node const&)>;

inline void read_map(YAML::Node const& node, std::string const& what, std::map<std::string, Field> const& fields) {
  if (!node.IsMap()) complain(node, what + ": expected `key: value` pairs");
  for (auto const& entry : node) {
    auto const key = entry.first.as<std::string>();
    auto const field = fields.find(key);
    if (field == fields.end()) complain(entry.first, fmt::format("{}: unknown key \"{}\"", what, key));
    try {
      field->second(entry.second);
    } catch (YAML::BadConversion const&) {
      complain(entry.second, fmt::format("{}: \"{}\" has a value of the wrong type", what, key));
    }
  }
}

template <typename T>
Field into(T& field) {
  return [&field](YAML::Node const& node) { field = node.as<T>(); };
}

}  // namespace sotto::app
