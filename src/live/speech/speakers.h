// Who speaks in a track that carries both parties: a guess from the voice, the words and the order of turns. Fed the
// 16 kHz audio of the track; a final with its words comes back as parts, each of one party, that tile it exactly. As
// more is heard the guess about earlier parts may change: the newest 64 are corrected. Where an engine tells voices
// apart itself (RecognizedWord::speaker), its labels take the place of the voice. Bounds: those of VoiceFrames and
// TwoVoices, 64 parts. State of one track, confined to the call's loop.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "call/speech_event.h"
#include "call/track.h"
#include "live/speech/turn_pieces.h"
#include "live/speech/two_voices.h"
#include "live/speech/voice_frames.h"

namespace sotto::speech {

struct SpeakerGuess {
  Track party = Track::customer;
  double confidence = 0.5;  // that it is this one: 0.5 .. 1
};

struct SpeakerPart {
  std::int64_t id = 0;            // of the part, for corrections
  std::int64_t from = 0, to = 0;  // 16 kHz samples
  std::string text;
  std::vector<RecognizedWord> words;  // times within [from, to)
  SpeakerGuess speaker;
};

struct SpeakerCorrection {
  std::int64_t id = 0;  // of a part
  SpeakerGuess speaker;
};

class Speakers {
 public:
  static constexpr std::size_t corrected_max = 64;  // newest parts

  explicit Speakers(TwoVoicesOptions options = {}) : voices_(options) {}

  void push(std::int64_t from, std::span<float const> samples);
  // Finals come in order. One without words is one part of nobody in particular.
  std::vector<SpeakerPart> on_final(SpeechFinal const& final);
  // Who the last words of a partial are taken to be from.
  SpeakerGuess on_partial(SpeechPartial const& partial) const;
  // What the last final changed about earlier parts.
  std::vector<SpeakerCorrection> take_corrections();
  // Audio before `decided` is not asked for any more.
  void forget(std::int64_t decided) { frames_.forget(decided); }

 private:
  struct Told {  // a part as it was told last
    std::int64_t id = 0;
    std::int64_t first_piece = 0, past_piece = 0;
    Track party = Track::customer;
  };
  struct Cut {
    WordRun run;
    VoicePiece piece;
  };

  std::vector<Cut> cut(std::int64_t from, std::int64_t to, std::span<RecognizedWord const> words) const;
  std::optional<double> agent(Told const& told) const;

  VoiceFrames frames_;
  TwoVoices voices_;
  std::deque<Told> told_;
  std::deque<std::pair<std::int64_t, float>> weights_;  // of pieces by number: frames
  std::int64_t next_id_ = 0;
  std::int64_t voice_end_ = 0;  // 16 kHz, of the last final's speech
  bool asked_ = false;          // it ended with a question
};

}  // namespace sotto::speech
