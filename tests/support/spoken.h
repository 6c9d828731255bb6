// Speech for tests, synthesised when asked for: 16 kHz, [-1, 1], with `pause_ms` of silence behind it. Needs flite.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <sndfile.hh>
#include <unistd.h>

namespace sotto {

inline std::vector<float> spoken(std::string const& text, int pause_ms = 0) {
  static std::map<std::string, std::vector<float>> known;
  auto& audio = known[text];
  if (audio.empty()) {
    auto const base = std::filesystem::temp_directory_path() / ("sotto-spoken-" + std::to_string(getpid()));
    auto const source = base.string() + ".txt";
    auto const target = base.string() + ".wav";
    std::ofstream(source) << text << '\n';
    auto const status = std::system(("flite -voice awb -f " + source + " -o " + target).c_str());
    SndfileHandle wav(target);
    if (status != 0 || wav.samplerate() != 16000) throw std::runtime_error("flite cannot speak");
    audio.resize(wav.frames());
    wav.read(audio.data(), static_cast<sf_count_t>(audio.size()));
    std::filesystem::remove(source);
    std::filesystem::remove(target);
  }
  auto with_pause = audio;
  with_pause.resize(audio.size() + 16 * static_cast<std::size_t>(pause_ms));
  return with_pause;
}

}  // namespace sotto
