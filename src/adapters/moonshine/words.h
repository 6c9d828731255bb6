// From the text of a segment to words with times, and whether it sounds finished. Pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "adapters/moonshine/segmenter.h"
#include "ports/recognizer.h"

namespace sotto {

// The model gives no times: the words share the voiced spans by their length. With no voiced span they share `whole`.
std::vector<RecognizedWord> estimate_words(std::string_view text, std::vector<Span> const& voiced, Span whole);

// How the words so far end, for the choice of the endpoint's wait. The recogniser puts a full stop behind almost
// anything, so a full stop alone says little: `hanging` is a text after which nobody stops ("and the.", "four seven
// one.").
Ending ending_of(std::string_view text);

// More words than anyone can say in that much voice: the model made them up.
bool too_many_words(std::string_view text, std::vector<Span> const& voiced);

}  // namespace sotto
