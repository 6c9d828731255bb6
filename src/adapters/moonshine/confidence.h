// How likely it is that a word was really said. A logistic regression over how sure the speech model was of the word's
// tokens, what it made of the words beside it, and whether another reading of the same sound has the word too; trained
// by models/confidence/train.py on what the live path gives. Pure, thread-safe, some microseconds a text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/moonshine/moonshine_model.h"

namespace sotto {

// What a word is judged by: names and values. One list a word of `text`.
using ConfidenceFeatures = std::vector<std::pair<std::string_view, double>>;

// `heard`: of each word of `text`. `other`: what another model made of the same sound, or of its beginning; may be
// empty.
std::vector<ConfidenceFeatures> confidence_features(std::string_view text, std::span<HeardWord const> heard,
                                                    std::string_view other);

// The probability of each word of the decoding, into its `words`; `other` into `beside`.
void judge_words(Decoding& decoding, std::string other);

}  // namespace sotto
