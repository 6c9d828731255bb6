// The embedded Recognizer: Silero VAD and Moonshine (base, tiny or both) in this process (port: ports/recognizer.h).
//
// One listening thread owns all tracks: it takes what was pushed, runs the voice detector over the frames of several
// tracks at once, and decides where segments begin and end. Workers decode, finals first. Both hand over by a mailbox
// and a queue; events leave through the executor. A stream must be destroyed on the executor's thread. Bounds:
// undecided audio per track (track_listener.cpp; beyond it the stream is Lost), decode queue (decode_queue.h).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/moonshine/segmenter.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/executor.h"
#include "ports/recognizer.h"

namespace sotto {

// Which models there are, and which are used unless somebody says otherwise.
inline constexpr std::array<std::string_view, 2> kSpeechModels{"base", "tiny"};
struct SpeechModelNames {
  std::string finals = "base";    // texts that decide something
  std::string partials = "tiny";  // the grey words before them
};

// Of one stream.
struct StreamOptions {
  SegmenterOptions segmenter{};
  std::vector<std::string> keyterms{};  // terms to be expected, written as they should come out
};

struct MoonshineOptions {
  std::filesystem::path models;  // the folder that set-up makes: moonshine-base, moonshine-tiny, silero
  SpeechModelNames names{};
  int workers = 2;  // decoding threads; more than cores only makes every final later
  SegmenterOptions segmenter{};
};

// Counters since the start, and two gauges.
struct SpeechStats {
  std::uint64_t streams = 0;         // open now
  std::uint64_t decode_queue = 0;    // jobs that wait now
  std::uint64_t finals_decoded = 0;  // and drafts of pauses
  std::uint64_t partials_decoded = 0;
  std::uint64_t partials_dropped = 0;         // too late under load
  std::uint64_t hallucinations_rejected = 0;  // hallucinated decodings, and more words than the voice can hold
  std::uint64_t careful_readings = 0;         // probable ends that both models read
  std::uint64_t careful_skipped = 0;          // and those for which there was no time
  double decode_ms = 0;                       // total time in the speech model
  double vad_ms = 0;                          // total time in the voice detector
  bool saves = false;                         // the smaller model hears, for the cores are too few (core_shortage.h)
};

struct Transcription {
  std::string text;
  std::vector<RecognizedWord> words;
};

class SpeechEngine;

class MoonshineRecognizer final : public Recognizer {
 public:
  // Loads the weights and starts the threads. Errors `model_missing`, `model_broken`. Executor and clock outlive it.
  static Result<std::unique_ptr<MoonshineRecognizer>> make(MoonshineOptions options, Executor& executor,
                                                           Clock const& clock);
  ~MoonshineRecognizer() override;

  std::unique_ptr<RecognizerStream> open(std::function<void(SpeechEvent)> sink, StreamHints const& hints = {}) override;
  // The same with waits and partials of its own instead of MoonshineOptions::segmenter, and with terms.
  std::unique_ptr<RecognizerStream> open(std::function<void(SpeechEvent)> sink, StreamOptions const& options);
  bool up() const override;
  bool reduced() const override;

  SpeechStats stats() const;
  // The same models on one whole utterance of up to 30 s, on the calling thread: what live recognition is compared
  // with. Error `model_failed`.
  Result<Transcription> transcribe_whole(std::span<float const> samples) const;

 private:
  explicit MoonshineRecognizer(std::shared_ptr<SpeechEngine> engine);

  std::shared_ptr<SpeechEngine> engine_;
};

}  // namespace sotto
