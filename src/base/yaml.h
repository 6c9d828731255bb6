// A YAML file of a person's, as one document; what is wrong has a line. Pure.
#pragma once

#include <expected>
#include <string_view>

#include <yaml-cpp/yaml.h>

#include "base/limits.h"
#include "base/unicode.h"

namespace sotto::language {

// Bytes of the file, as decode_text() reads them. Null for a file that holds nothing. Refused: what decode_text()
// refuses, more than `bytes_max`, lines of more than limits::kLineBytesMax, what is no YAML, a second document,
// no-break spaces (and other spaces that look like one) as indentation, texts that a comma cut in two because their
// quotes are typographic, marks of a conflict that version control left.
std::expected<YAML::Node, TextProblem> load_yaml(std::string_view bytes,
                                                 std::size_t bytes_max = limits::kSettingsBytesMax);

}  // namespace sotto::language
