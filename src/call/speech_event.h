// What a recogniser says about one stream of a track. Positions are samples of the 16 kHz media timeline of the track;
// what may follow what is the contract of ports/recognizer.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace sotto {

struct RecognizedWord {
  std::string text;
  std::int64_t from = 0;  // 16 kHz samples
  std::int64_t to = 0;
  bool estimated = true;  // times are interpolated over voiced samples
  float confidence = 1;   // probability that it was said; 1 of an engine that measures none
  // Of an engine that tells the voices of a track apart: 0, 1, ... as they appear. It does not know who they are.
  std::optional<int> speaker = std::nullopt;
};

struct SpeechPartial {
  std::int64_t from = 0, to = 0;
  std::string text;
  std::vector<RecognizedWord> words;
  Time audio_at;  // when the newest sample it rests on was pushed
  // The speaker has probably finished, and these are all the words: a final with them follows, or, where the voice goes
  // on after all, a partial that is not eager.
  bool eager = false;
};

enum class FinalReason { endpoint, limit, finish };  // silence found; 7 s cut; stream ended or discontinuity

// Empty text: voiced audio that decoded to nothing (or a hallucination was rejected); becomes gap(no_words), not
// silence.
struct SpeechFinal {
  std::int64_t from = 0, to = 0;
  std::string text;
  std::vector<RecognizedWord> words;
  std::int64_t speech_end = 0;  // last voiced sample
  FinalReason reason = FinalReason::endpoint;
  Time endpoint_audio_at;  // when the sample that made the endpoint certain was pushed: waiting for silence ends here
};

// What came behind a final showed that its words were wrong. At most some seconds after the final.
struct SpeechRevised {
  std::int64_t from = 0, to = 0;  // those of the final
  std::string text;
  std::vector<RecognizedWord> words;
};

struct SpeechSilent {
  std::int64_t from = 0, to = 0;
};
struct SpeechLost {
  std::string reason;
  bool refused = false;  // the same attempt will fail again: a wrong key, a wrong parameter
};
struct SpeechFinished {};

using SpeechEvent = std::variant<SpeechPartial, SpeechFinal, SpeechRevised, SpeechSilent, SpeechLost, SpeechFinished>;

}  // namespace sotto
