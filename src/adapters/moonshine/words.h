// From the text of a segment to words with times. Pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "adapters/moonshine/segmenter.h"
#include "ports/recognizer.h"

namespace sotto {

// At blanks. The views are into `text`.
std::vector<std::string_view> split_words(std::string_view text);

// The model gives no times: the words share the voiced spans by their length. With no voiced span they share `whole`.
std::vector<RecognizedWord> estimate_words(std::string_view text, std::vector<Span> const& voiced, Span whole);

// More words than anyone can say in that much voice: the model made them up.
bool too_many_words(std::string_view text, std::vector<Span> const& voiced);

}  // namespace sotto
