// Stage 2, audio: what of a track nobody said there: what repeats the other party (copies.h), and a line that is driven
// far beyond its range: it carries square waves, in which a recogniser hears fluent sentences. Such a wave lies at its
// rails: of its loud samples a third and more have nearly the same magnitude, of a voice a tenth.
// Copies are looked for between the customer and the agent alone; a conference mixes as it likes.
// Frames of 16 kHz in, without an offset (offset.h), verdicts out; both tracks from one zero. No thread of its own.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>

#include "call/track.h"
#include "live/audio/copies.h"

namespace sotto::audio {

class SuspectAudio {
 public:
  enum class Verdict { good, copy, distorted };

  // At most 20 ms of a track, in order, holes left out. True: as far as is known by now it repeats the other party; the
  // recogniser is better given silence.
  bool on_frame(Track track, std::int64_t from, std::span<float const> samples);
  // Of what was heard on a track between these positions (16 kHz), of the last minute.
  Verdict judge(Track track, std::int64_t from, std::int64_t to) const;
  std::int64_t cost() const { return copies_.cost(); }

 private:
  static constexpr std::size_t kLevels = 16;
  struct Block {  // 20 ms
    float energy = 0;
    bool copy = false;
    bool loud_wave = false;
    std::array<std::uint8_t, kLevels> levels{};  // samples of each magnitude, the loudest first, in steps of 2 dB
  };
  struct Side {
    std::int64_t first = 0;  // number of blocks[0]
    std::deque<Block> blocks;
  };

  static Block* block_of(Side& side, std::int64_t number);

  PerTrack<Side> sides_;
  Copies copies_;
};

}  // namespace sotto::audio
