// Whatever a sound file holds: one or two channels of samples, equally long, or an error that names the file.
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "adapters/sndfile/wav.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static int const file = memfd_create("wav", 0);
  if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) return 0;
  std::string const name = "/proc/self/fd/" + std::to_string(file);
  auto const wav = sotto::app::read_wav(name);
  if (!wav) {
    if (wav.error().message.find(name) == std::string::npos) std::abort();
    return 0;
  }
  if (wav->rate <= 0 || wav->channels.empty() || wav->channels.size() > 2) std::abort();
  if (wav->channels.size() == 2 && wav->channels[0].size() != wav->channels[1].size()) std::abort();
  return 0;
}
