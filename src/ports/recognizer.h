// Port Recognizer: one stream a track, frames in, hypotheses out.
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
#include <span>
#include <string>
#include <vector>

#include "call/speech_event.h"

namespace sotto {

// What a stream may go by.
struct StreamHints {
  std::vector<std::string> keyterms{};  // names and products to be expected, as they are written; the surest first
};

class RecognizerStream {
 public:
  virtual ~RecognizerStream() = default;  // destroying cancels; no event is delivered afterwards
  // `from` is the position of samples[0]; mono, [-1, 1]. A jump ahead of the expected position is a discontinuity
  // (pause, gap): what came before is decided as by finish(), decoding starts anew at `from`, and the hole is never
  // mentioned. Never blocks.
  virtual void push(std::int64_t from, std::span<float const> samples) = 0;
  virtual void finish() = 0;
  // Takes the place of what the stream was opened with, for what is decoded from now on. An engine that takes hints
  // only when a stream is opened does without. Never blocks.
  virtual void expect(StreamHints const& /*hints*/) {}
};

class Recognizer {
 public:
  virtual ~Recognizer() = default;
  // `sink` is called on the executor the adapter was built with, never inside open/push/finish, never after the stream
  // is destroyed.
  virtual std::unique_ptr<RecognizerStream> open(std::function<void(SpeechEvent)> sink,
                                                 StreamHints const& hints = {}) = 0;
  // For a track that carries both parties: words name their speaker where the engine tells voices apart.
  virtual std::unique_ptr<RecognizerStream> open_mixed(std::function<void(SpeechEvent)> sink,
                                                       StreamHints const& hints = {}) {
    return open(std::move(sink), hints);
  }
  // True while streams can be served (weights loaded, workers alive): the gauge `recognisers up`.
  virtual bool up() const = 0;
  // For now it hears less well than it could: a smaller model on a machine with too few cores.
  virtual bool reduced() const { return false; }
};

}  // namespace sotto
