// What the voice sounds like in each 20 ms of a track: 15 mel cepstra of the telephone's band, loudness, pitch.
// Cepstra after Davis and Mermelstein (IEEE TASSP 1980): 512-point FFT, 22 mel bands from 200 to 3600 Hz, DCT-II. Pitch
// is the highest peak of the autocorrelation, divided by the window's own (Boersma, IFA Proceedings 1993), 65-400 Hz.
// Keeps 180 s at most (as the ring of stage 2; 72 bytes a frame), freed by forget(). About 15 us a frame. Confined to
// the call's loop.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace sotto::speech {

inline constexpr int kCepstra = 15;  // c1 .. c15: c0 is loudness

struct VoiceFrame {
  std::array<float, kCepstra> cepstrum{};
  float loudness_db = -120;  // of the band, full scale = 0
  float log_pitch = 0;       // natural log of Hz; 0: not periodic
  float periodicity = 0;     // 0 .. 1
};

class VoiceFrames {
 public:
  // `from`: position of samples[0] at 16 kHz, any number of samples. A jump begins anew at `from`; audio that is pushed
  // a second time takes the place of what was known of it.
  void push(std::int64_t from, std::span<float const> samples);
  // The frames whose middle is within [from, to), as far as they are known.
  std::span<VoiceFrame const> within(std::int64_t from, std::int64_t to) const;
  // Position of the first frame that within(from, ...) gives.
  std::int64_t begin_of(std::int64_t from) const;
  // Frames that end before `from` are not asked for any more.
  void forget(std::int64_t from);
  std::size_t size() const { return frames_.size() - first_; }

 private:
  std::vector<VoiceFrame> frames_;  // from first_ on
  std::size_t first_ = 0;
  std::int64_t base_ = 0;      // position of frames_[0]
  std::vector<float> recent_;  // audio that the next windows need
  std::int64_t next_ = -1;     // position expected next
};

}  // namespace sotto::speech
