// A golden call: a text file that says what happens in a call and what must come of it (README.md of this folder).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "call/track.h"

namespace sotto::golden {

// One line of a script: at this time of the call somebody does something.
struct Line {
  std::int64_t at_ms = 0;
  std::string actor, verb;
  std::vector<std::int64_t> numbers;  // 300-1500 are two
  std::optional<std::string> quoted;
  int number = 0;  // in the file
};

struct GoldenCall {
  int rate = 8000;  // mu-law; 16000: linear, as the models hear it, which costs a long call no resampling
  std::int64_t packet_ms = 20;
  double ppm = 0;        // how much slower the source's clock runs than ours
  bool counted = false;  // the expected part counts the events instead of listing them
  std::string policies;  // YAML
  std::vector<Line> script;
  std::string given;  // the file up to the expected part, to be written again
  std::string expected;
};

// Throws std::runtime_error with the line that is wrong.
GoldenCall parse(std::string const& text);

// What came of it, in the words of the expected part. Also throws where no call may ever go wrong: an event that a
// follower missed or saw twice, that is not in the store, or audio that was not accounted for.
std::string play(GoldenCall const& call);

}  // namespace sotto::golden
