// Sound files as 16-bit samples per channel (libsndfile: RIFF with PCM, float, mu-law, A-law and more; 6 to 192 kHz).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace sotto::app {

struct Wav {
  int rate = 0;
  std::vector<std::vector<std::int16_t>> channels;  // one or two, equally long
  std::vector<std::string> notes = {};              // what was strange and could be mended, for a person
};

// The same as a WAV file of 16-bit PCM, channels side by side.
std::string pcm_file(Wav const& wav);

// Errors, each with the file's name as text: cannot_read, not_audio, empty_audio, too_many_channels.
Result<Wav> read_wav(std::filesystem::path const& file, int channels_max = 2);

}  // namespace sotto::app
