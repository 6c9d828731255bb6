#include "app/wav.h"

#include <fmt/format.h>
#include <sndfile.h>

namespace sotto::app {

// Longer files are surely a mistake: a day of audio.
static constexpr sf_count_t kSecondsMax = 24 * 3600;

Result<Wav> read_wav(std::filesystem::path const& file) {
  std::error_code failed;
  if (!std::filesystem::exists(file, failed)) return fail("cannot_read", file.string() + ": no such file");
  if (!std::filesystem::is_regular_file(file, failed)) return fail("cannot_read", file.string() + ": not a file");
  if (std::filesystem::file_size(file, failed) == 0) return fail("empty_audio", file.string() + ": the file is empty");
  SF_INFO info{};
  SNDFILE* const sound = sf_open(file.c_str(), SFM_READ, &info);
  if (!sound)
    return fail("not_audio",
                fmt::format("{}: not a sound file that can be read ({})", file.string(), sf_strerror(nullptr)));
  struct Closer {
    SNDFILE* sound;
    ~Closer() { sf_close(sound); }
  } const closer{sound};
  if (info.channels > 2)
    return fail("too_many_channels",
                fmt::format("{}: {} channels; one or two are expected (left customer, right agent)", file.string(),
                            info.channels));
  if (info.frames <= 0) return fail("empty_audio", file.string() + ": holds no audio");
  if (info.frames > kSecondsMax * info.samplerate) return fail("not_audio", file.string() + ": longer than a day");
  std::vector<std::int16_t> mixed(static_cast<std::size_t>(info.frames * info.channels));
  mixed.resize(static_cast<std::size_t>(sf_readf_short(sound, mixed.data(), info.frames) * info.channels));
  Wav wav{.rate = info.samplerate, .channels = {}};
  wav.channels.resize(static_cast<std::size_t>(info.channels));
  for (std::size_t i = 0; i < mixed.size(); ++i) wav.channels[i % wav.channels.size()].push_back(mixed[i]);
  return wav;
}

}  // namespace sotto::app
