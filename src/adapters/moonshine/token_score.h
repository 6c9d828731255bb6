// How sure the model was of a token that it wrote, from the logits of all. Pure.
#pragma once

#include <cstddef>
#include <span>

namespace sotto {

// Natural logarithms.
struct TokenScore {
  float log_probability = 0;  // of the token
  float entropy = 0;          // of the choice: 0 where there was none
};

// 5 us of 32,768 logits where registers are wide, 20 elsewhere: in lanes, with an exponential right to six digits.
TokenScore score_of(std::span<float const> logits, std::size_t token);

}  // namespace sotto
