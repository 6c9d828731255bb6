// WAV files as 16-bit samples per channel (libsndfile: RIFF, mu-law and A-law, any rate it knows).
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/error.h"

namespace sotto::app {

struct Wav {
  int rate = 0;
  std::vector<std::vector<std::int16_t>> channels;  // one or two, equally long
};

// Errors, each with the file's name: cannot_read, not_audio, empty_audio, too_many_channels.
Result<Wav> read_wav(std::filesystem::path const& file);

}  // namespace sotto::app
