#include "live/audio/offset.h"

#include <cmath>

namespace sotto::audio {

// Of a voice alone the mean of a second lies below 0.005. Once there, an offset is taken away until it is half as much.
static constexpr double kThere = 0.02, kGone = 0.01;
static constexpr double kSounds = 10;  // crossings; a voice has hundreds in a second

void Offset::remove(std::span<float> samples) {
  if (samples.empty()) return;
  if (!begun_) {
    double sum = 0;
    for (auto const sample : samples) sum += static_cast<double>(sample);
    mean_ = sum / static_cast<double>(samples.size());
    begun_ = true;
  }
  for (auto& sample : samples) {
    auto const value = static_cast<double>(sample);
    mean_ += (value - mean_) / rate_;
    bool const above = value > mean_;
    crossings_ += (above != above_ ? 1 : 0) - crossings_ / rate_;
    above_ = above;
    there_ = std::abs(mean_) > (there_ ? kGone : kThere) && (there_ || crossings_ > kSounds);
    if (there_) sample = static_cast<float>(value - mean_);
  }
}

}  // namespace sotto::audio
