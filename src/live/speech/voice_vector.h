// A stretch of speech as one point of a space in which the voices of different people lie apart and pieces of one voice
// lie together: statistics of its frames, projected on the axes of a linear discriminant analysis (Fisher 1936) that
// models/speakers/train.py found. Within a voice the spread along each axis is 1 + short_piece / frames, between voices
// voice_space().between. Pure, thread-safe.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "live/speech/voice_frames.h"

namespace sotto::speech {

// Means and log deviations of the cepstra, mean and deviation of the pitch, share of periodic frames.
inline constexpr int kVoiceStatisticsSize = 2 * kCepstra + 3;
using VoiceStatistics = std::array<float, kVoiceStatisticsSize>;

struct VoiceVector {
  std::vector<float> at;  // one value an axis; empty: nothing is known of the voice
  float frames = 0;       // of speech that it rests on
};

struct VoiceSpace {
  VoiceStatistics mean{};
  std::vector<VoiceStatistics> axes;
  std::vector<float> between;  // variance of the voices along each axis
  float short_piece = 0;       // frames
};
VoiceSpace const& voice_space();

// Louder frames of a stretch are speech: 25 dB below its loudest ones. Of at least one frame.
float speech_threshold_db(std::span<VoiceFrame const> frames);
// The frames of a stretch that are speech.
std::vector<VoiceFrame> speech_of(std::span<VoiceFrame const> frames);
// Of at least 5 frames.
VoiceStatistics statistics(std::span<VoiceFrame const> speech);
VoiceVector voice_vector(std::span<VoiceFrame const> frames);

}  // namespace sotto::speech
