// Does a turn end after these words? Decides how long the endpoint waits. A logistic regression over the last words,
// the first word, the number of words and the recogniser's own mark; trained by models/endings/train.py, which computes
// the same features. About 2 us a call, thread-safe.
#pragma once

#include <string_view>

#include "adapters/moonshine/segmenter.h"

namespace sotto {

// Probability in [0, 1] that nothing follows; 0.5 for a text without words.
double turn_ends(std::string_view text);

// The same in the two steps of the segmenter's waits.
Ending ending_of(std::string_view text);

}  // namespace sotto
