// Recordings to finals, as fast as the machine allows, through the same path as live audio: `sotto transcribe`.
// Blocking; the embedded recogniser does the work on threads of its own.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "adapters/moonshine/recognizer.h"

namespace sotto {

class Transcriber {
 public:
  // Errors `model_missing`, `model_broken`. Waits for the same pause everywhere: no speaker is waiting for an answer.
  static Result<std::unique_ptr<Transcriber>> make(MoonshineOptions options, Clock const& clock);
  ~Transcriber();

  struct Transcript {
    std::vector<SpeechFinal> finals;   // with words, in order
    std::vector<SpeechFinal> unheard;  // a voice in which no words were found that can be trusted
  };
  // 16 kHz, mono, any length. Error `recognizer_lost`.
  Result<Transcript> transcribe(std::span<float const> samples);

 private:
  class Tasks;
  Transcriber();

  std::unique_ptr<Tasks> tasks_;
  std::unique_ptr<MoonshineRecognizer> recognizer_;
};

}  // namespace sotto
