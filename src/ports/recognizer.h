// Port Recognizer: one stream a track, frames in, hypotheses out (design.md section 3).
// VAD and endpoint live inside the adapter. Positions are samples of the 16 kHz media timeline of the track.
//
// Contract (tests/contract/recognizer_contract.h):
//  * Decided intervals (Final, Silent) come in order, do not overlap, and after finish() cover every sample pushed.
//  * A Partial covers undecided audio only and may be replaced; a Revised corrects the text of a Final that
//    was given, and names exactly its interval; the interval never changes.
//  * finish() is answered by the remaining Finals/Silents and then exactly one Finished.
//  * Lost means this stream is dead: nothing follows; the owner re-opens and pushes again from the first undecided
//  sample.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace sotto {

struct RecognizedWord {
  std::string text;
  std::int64_t from = 0;  // 16 kHz samples
  std::int64_t to = 0;
  bool estimated = true;  // times are interpolated over voiced samples
  // Of an engine that tells the voices of a track apart: 0, 1, ... as they appear. It does not know who they are.
  std::optional<int> speaker = std::nullopt;
};

struct SpeechPartial {
  std::int64_t from = 0, to = 0;
  std::string text;
  std::vector<RecognizedWord> words;
  Time audio_at;  // when the newest sample it rests on was pushed
};

enum class FinalReason { endpoint, limit, finish };  // silence found; 7 s cut; stream ended or discontinuity

// Empty text: voiced audio that decoded to nothing (or a runaway was rejected); becomes gap(no_words), not silence.
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

class RecognizerStream {
 public:
  virtual ~RecognizerStream() = default;  // destroying cancels; no event is delivered afterwards
  // `from` is the position of samples[0]; mono, [-1, 1]. A jump ahead of the expected position is a discontinuity
  // (pause, gap): what came before is decided as by finish(), decoding starts anew at `from`, and the hole is never
  // mentioned. Never blocks.
  virtual void push(std::int64_t from, std::span<float const> samples) = 0;
  virtual void finish() = 0;
};

class Recognizer {
 public:
  virtual ~Recognizer() = default;
  // `sink` is called on the executor the adapter was built with, never inside open/push/finish, never after the stream
  // is destroyed.
  virtual std::unique_ptr<RecognizerStream> open(std::function<void(SpeechEvent)> sink) = 0;
  // For a track that carries both parties: words name their speaker where the engine tells voices apart.
  virtual std::unique_ptr<RecognizerStream> open_mixed(std::function<void(SpeechEvent)> sink) {
    return open(std::move(sink));
  }
  // True while streams can be served (weights loaded, workers alive): the gauge `recognisers up`.
  virtual bool up() const = 0;
};

}  // namespace sotto
