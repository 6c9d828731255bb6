// Where a new speaker may begin inside a final: at pauses of 120 ms and more, at the ends of sentences, and where the
// engine's own voice changes. Word times are estimates, so each pause goes to the boundary of words it fits best. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "call/speech_event.h"
#include "live/speech/voice_frames.h"

namespace sotto::speech {

// Words [first_word, past_word) within samples [from, to) at 16 kHz.
struct WordRun {
  std::size_t first_word = 0, past_word = 0;
  std::int64_t from = 0, to = 0;
  std::int64_t pause = 0;  // samples of silence before it, inside the final
};

// The runs tile [from, to) and the words. `frames` begin at `frames_from`. Nothing for a final without words.
std::vector<WordRun> turn_pieces(std::int64_t from, std::int64_t to, std::span<RecognizedWord const> words,
                                 std::span<VoiceFrame const> frames, std::int64_t frames_from);

bool ends_sentence(std::string_view word);

}  // namespace sotto::speech
