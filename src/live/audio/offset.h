// Stage 2, audio: a constant under the voice (the offset of a line's converter) is taken away; a recogniser hears words
// in it that nobody said. What has none stays as it is, bit for bit, and so do steps and ramps, which are no sound: a
// wave crosses its mean again and again. Pure state of one track.
#pragma once

#include <span>

namespace sotto::audio {

class Offset {
 public:
  explicit Offset(int rate) : rate_(rate) {}

  // The next samples of the track, full scale 1.
  void remove(std::span<float> samples);

 private:
  double rate_;
  double mean_ = 0;       // follows within a second
  double crossings_ = 0;  // of the mean, in the last second
  bool begun_ = false, above_ = false, there_ = false;
};

}  // namespace sotto::audio
