#include "adapters/sndfile/wav.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <span>

#include <fmt/format.h>
#include <sndfile.h>

#include "adapters/sndfile/wav_header.h"
#include "base/check.h"
#include "base/unicode.h"

namespace sotto::app {

// Longer files are surely a mistake: a day of audio.
static constexpr sf_count_t kSecondsMax = 24 * 3600;

namespace {

// Telephones to studios.
constexpr int kRateMin = 6000, kRateMax = 192'000;

// Floats are written around 1; programs that forget to scale write those of integers.
constexpr float kLoudest = 8, kInteger = 32768;

// How loud float samples are; 0 for other codings, which have a scale.
double loudest_float(SNDFILE* sound, SF_INFO const& info) {
  auto const coding = info.format & SF_FORMAT_SUBMASK;
  double peak = 0;
  if (coding == SF_FORMAT_FLOAT || coding == SF_FORMAT_DOUBLE)
    sf_command(sound, SFC_CALC_SIGNAL_MAX, &peak, sizeof peak);
  return peak;
}

// As numbers around 1, whatever the coding: the library's own 16-bit reading takes float samples for silence. What the
// header promises and the file does not hold is not there.
Result<Wav> samples_of(SNDFILE* sound, SF_INFO const& info, std::string const& name) {
  constexpr sf_count_t kBlock = 65536;
  Wav wav{.rate = info.samplerate, .channels = {}};
  wav.channels.resize(static_cast<std::size_t>(info.channels));
  auto const peak = loudest_float(sound, info);
  if (peak > kInteger)
    return fail("not_audio",
                fmt::format("{}: holds float samples up to {:.3g}; they are to lie between -1 and 1", name, peak));
  if (peak > kLoudest)
    wav.notes.push_back(
        fmt::format("{}: holds float samples up to {:.0f}, not 1: taken for those of 16 bits", name, peak));
  float const scale = peak > kLoudest ? 1 : kInteger;
  std::vector<float> block(static_cast<std::size_t>(kBlock * info.channels));
  while (auto const frames = sf_readf_float(sound, block.data(), kBlock)) {
    if (std::ssize(wav.channels.front()) + frames > kSecondsMax * info.samplerate)
      return fail("not_audio", name + ": longer than a day");
    for (std::size_t i = 0; i < static_cast<std::size_t>(frames * info.channels); ++i) {
      if (!std::isfinite(block[i])) return fail("not_audio", name + ": holds samples that are no numbers");
      auto const value = std::lround(std::clamp(block[i] * scale, -kInteger, kInteger - 1));
      wav.channels[i % wav.channels.size()].push_back(static_cast<std::int16_t>(value));
    }
  }
  if (wav.channels.front().empty()) return fail("empty_audio", name + ": holds no audio");
  return wav;
}

std::vector<unsigned char> begin_of(std::filesystem::path const& file) {
  std::vector<unsigned char> begin(65536);
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(begin.data()), static_cast<std::streamsize>(begin.size()));
  begin.resize(static_cast<std::size_t>(in.gcount()));
  return begin;
}

// A file whose four bytes at `place` are read as those of a length without end: the library then takes what is there.
struct Unfinished {
  std::ifstream in;
  sf_count_t size, place, at = 0;

  static Unfinished& of(void* self) { return *static_cast<Unfinished*>(self); }
  static sf_count_t length(void* self) { return of(self).size; }
  static sf_count_t seek(sf_count_t by, int whence, void* self) {
    auto const from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? of(self).at : of(self).size;
    return of(self).at = from + by;
  }
  static sf_count_t read(void* data, sf_count_t count, void* self) {
    auto& file = of(self);
    auto* const bytes = static_cast<unsigned char*>(data);
    file.in.clear();
    file.in.seekg(file.at);
    file.in.read(static_cast<char*>(data), count);
    auto const got = static_cast<sf_count_t>(file.in.gcount());
    for (sf_count_t i = 0; i < 4; ++i) {
      if (auto const here = file.place + i - file.at; here >= 0 && here < got) bytes[here] = 0xFF;
    }
    file.at += got;
    return got;
  }
  static sf_count_t write(void const*, sf_count_t, void*) { return 0; }
  static sf_count_t tell(void* self) { return of(self).at; }
};

}  // namespace

// Where the length stands that is not to be believed, and a note where that is strange.
static Result<std::optional<std::size_t>> bad_length(std::filesystem::path const& file, std::string const& name,
                                                     std::uint64_t size, std::vector<std::string>& notes) {
  auto const begin = begin_of(file);
  if (auto const good = check_wav_header(begin); !good) return std::unexpected(good.error());
  if (auto const unwritten = unwritten_length(begin)) return unwritten;
  std::ifstream in(file, std::ios::binary);
  auto const stale = stale_length(in, size);
  if (stale && *stale)
    notes.push_back(name + ": its header says less audio than the file holds; all of it is taken, to the end");
  if (auto const missing = missing_bytes(in, size); missing > 0)
    notes.push_back(
        fmt::format("{}: the file is cut off: {} of the bytes that its header tells of are not there", name, missing));
  return stale;
}

Result<Wav> read_wav(std::filesystem::path const& file, int channels_max) {
  std::error_code failed;
  auto const name = language::escaped(file.string());
  if (!std::filesystem::exists(file, failed)) return fail("cannot_read", name + ": no such file");
  if (!std::filesystem::is_regular_file(file, failed)) return fail("cannot_read", name + ": not a file");
  auto const size = std::filesystem::file_size(file, failed);
  if (size == 0) return fail("empty_audio", name + ": the file is empty");
  std::vector<std::string> notes;
  auto const length = bad_length(file, name, size, notes);
  if (!length) return fail("not_audio", name + ": " + length.error().message);
  SF_INFO info{};
  Unfinished unfinished{.in = std::ifstream(file, std::ios::binary),
                        .size = static_cast<sf_count_t>(size),
                        .place = static_cast<sf_count_t>(length->value_or(0))};
  SF_VIRTUAL_IO io{Unfinished::length, Unfinished::seek, Unfinished::read, Unfinished::write, Unfinished::tell};
  SNDFILE* const sound =
      *length ? sf_open_virtual(&io, SFM_READ, &info, &unfinished) : sf_open(file.c_str(), SFM_READ, &info);
  if (!sound) {
    std::string_view const why = sf_strerror(nullptr);
    bool const internal = why.find("nternal error") != std::string_view::npos;  // of the library, nothing for a person
    return fail("not_audio", fmt::format("{}: not a sound file that can be read ({})", name,
                                         internal ? std::string_view("its parts do not fit together")
                                                  : why.substr(0, why.find('\n'))));
  }
  struct Closer {
    SNDFILE* sound;
    ~Closer() { sf_close(sound); }
  } const closer{sound};
  if (info.channels > channels_max)
    return fail(
        "too_many_channels",
        channels_max == 2
            ? fmt::format("{}: {} channels; one or two are expected (left customer, right agent)", name, info.channels)
            : fmt::format("{}: {} channels; at most {} are expected", name, info.channels, channels_max));
  if (info.samplerate < kRateMin || info.samplerate > kRateMax)
    return fail("not_audio",
                fmt::format("{}: {} samples a second; {} to {} are read", name, info.samplerate, kRateMin, kRateMax));
  auto wav = samples_of(sound, info, name);
  if (wav) wav->notes.insert(wav->notes.begin(), notes.begin(), notes.end());
  return wav;
}

namespace {

// A file in memory, as libsndfile wants it.
struct Memory {
  std::string bytes;
  sf_count_t at = 0;

  static Memory& of(void* self) { return *static_cast<Memory*>(self); }
  static sf_count_t length(void* self) { return static_cast<sf_count_t>(of(self).bytes.size()); }
  static sf_count_t seek(sf_count_t by, int whence, void* self) {
    auto const from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? of(self).at : length(self);
    return of(self).at = from + by;
  }
  static sf_count_t read(void*, sf_count_t, void*) { return 0; }  // it is only written
  static sf_count_t write(void const* data, sf_count_t count, void* self) {
    auto& memory = of(self);
    auto const at = static_cast<std::size_t>(memory.at), size = static_cast<std::size_t>(count);
    if (memory.bytes.size() < at + size) memory.bytes.resize(at + size);
    std::memcpy(memory.bytes.data() + at, data, size);
    memory.at += count;
    return count;
  }
  static sf_count_t tell(void* self) { return of(self).at; }
};

}  // namespace

std::string pcm_file(Wav const& wav) {
  std::vector<std::int16_t> mixed;
  auto const frames = wav.channels.empty() ? 0 : wav.channels.front().size();
  mixed.reserve(frames * wav.channels.size());
  for (std::size_t at = 0; at < frames; ++at) {
    for (auto const& channel : wav.channels) mixed.push_back(channel[at]);
  }
  Memory memory;
  SF_VIRTUAL_IO io{Memory::length, Memory::seek, Memory::read, Memory::write, Memory::tell};
  SF_INFO info{.frames = 0,
               .samplerate = wav.rate,
               .channels = static_cast<int>(wav.channels.size()),
               .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16,
               .sections = 0,
               .seekable = 0};
  SNDFILE* const file = sf_open_virtual(&io, SFM_WRITE, &info, &memory);
  CHECK(file);
  sf_writef_short(file, mixed.data(), static_cast<sf_count_t>(frames));
  sf_close(file);
  return std::move(memory.bytes);
}

}  // namespace sotto::app
