// Looks over the bytes of a page before a parser builds a tree of them, so that its time and memory stay linear. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/unicode.h"

namespace sotto::knowledge {

// What makes a page none to be read: elements nested deeper than 256 (what stands in svg and math counts each), more
// than 100 attributes in one tag, marks such as <b> left open over too much text, a comment, script or style that does
// not end.
std::optional<language::TextProblem> too_much_html(std::string_view html);

}  // namespace sotto::knowledge
