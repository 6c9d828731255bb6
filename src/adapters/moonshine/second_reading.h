// A second reading: two segments of one sentence are decoded once more as one piece of audio, when both have their
// words. Where the whole sentence shows that a part was misheard, the part is corrected. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/moonshine/moonshine_model.h"
#include "adapters/moonshine/segmenter.h"
#include "ports/recognizer.h"

namespace sotto {

// A segment as it was read the first time.
struct ReadSegment {
  Span span;
  std::vector<Span> voiced;
  std::string text;
};

// What the joint reading (times from the beginning of `first`) says against the first readings, for none, one or both
// of them. The joint text is divided where the two parts are nearest to the first readings (least sum of word edits).
// Marks and capitals alone correct nothing; a part that would be left without words, or with more of them than its
// voice can hold, is left as it was, both are.
std::vector<SpeechRevised> corrections(ReadSegment const& first, ReadSegment const& second, Decoding const& joint);

}  // namespace sotto
