// From the text of a segment to words with times. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/moonshine/moonshine_model.h"
#include "adapters/moonshine/segmenter.h"
#include "ports/recognizer.h"

namespace sotto {

// At blanks. The views are into `text`.
std::vector<std::string_view> split_words(std::string_view text);

// Lower-case letters and digits without marks: two words that are the same so are the same word.
std::string bare(std::string_view word);
std::vector<std::string> bare_words(std::vector<std::string_view> const& words);

// The model gives no times: the words share the voiced spans by their length. With no voiced span they share `whole`.
std::vector<RecognizedWord> estimate_words(std::string_view text, std::vector<Span> const& voiced, Span whole);

// With what the model knows of the words, where it knows something of each: how sure it is, and when they were said,
// counted from the sample `origin`. Times are in order, inside of `whole`, and do not overlap.
std::vector<RecognizedWord> recognized_words(std::string_view text, std::span<HeardWord const> heard,
                                             std::vector<Span> const& voiced, Span whole, std::int64_t origin);

// More words than anyone can say in that much voice: the model made them up.
bool too_many_words(std::string_view text, std::vector<Span> const& voiced);

}  // namespace sotto
