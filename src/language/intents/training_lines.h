// Labelled lines for `sotto train`, as people and spreadsheets write them: a text, a tab, its intents with commas
// between ("none" or nothing: out of scope), and, each after a tab, what the other party said before, the newest turn
// first. A field may stand in double quotes (RFC 4180). Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/unicode.h"
#include "language/intents/intents.h"

namespace sotto::language {

struct TrainingLines {
  std::vector<Example> examples;
  std::vector<TextProblem> warnings;  // lines that say the same twice, or contradict each other
};

// `text` as decode_text() gives it. Refused with its line: what is no such line, an intent with one example alone, a
// text without an example at all (line 0).
std::expected<TrainingLines, TextProblem> read_training_lines(std::string_view text);

}  // namespace sotto::language
