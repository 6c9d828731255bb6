// Does an agent say these words, or a customer? Log odds of a logistic regression over the words, pairs of words, the
// first words and the marks, trained on public dialogues by models/speakers/train_words.py, which computes the same
// features. About 5 us a sentence, thread-safe.
#pragma once

#include <string_view>

namespace sotto::speech {

// Above 0: rather an agent. Within [-2.5, 2.5]; 0 for a text without words.
double agent_log_odds(std::string_view text);

}  // namespace sotto::speech
