#include "adapters/sndfile/wav_header.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace sotto::app {

namespace {

constexpr int kPcm = 1, kFloat = 3, kAlaw = 6, kMulaw = 7, kExtensible = 0xFFFE;

std::uint32_t number(std::span<unsigned char const> at, int bytes) {
  std::uint32_t out = 0;
  for (int i = bytes - 1; i >= 0; --i) out = out << 8 | at[static_cast<std::size_t>(i)];
  return out;
}

std::string_view name(std::span<unsigned char const> at) { return {reinterpret_cast<char const*>(at.data()), 4}; }

// Whether a coding can have samples of so many bits; empty: of a coding that the library may know.
bool is_possible(int coding, unsigned bits) {
  switch (coding) {
    case kPcm: return bits == 8 || bits == 16 || bits == 24 || bits == 32;
    case kFloat: return bits == 32 || bits == 64;
    case kAlaw:
    case kMulaw: return bits == 8;
    default: return true;
  }
}

std::string_view coding_name(int coding) {
  switch (coding) {
    case kPcm: return "PCM";
    case kFloat: return "float";
    case kAlaw: return "G.711 A-law";
    default: return "G.711 mu-law";
  }
}

Result<void> check_format(std::span<unsigned char const> format) {
  auto coding = static_cast<int>(number(format, 2));
  auto const channels = number(format.subspan(2), 2), block = number(format.subspan(12), 2);
  auto const bits = number(format.subspan(14), 2);
  if (coding == kExtensible && format.size() >= 26) coding = static_cast<int>(number(format.subspan(24), 2));
  bool const known = coding == kPcm || coding == kFloat || coding == kAlaw || coding == kMulaw;
  if (!known) return {};
  if (!is_possible(coding, bits))
    return fail("bad_header", fmt::format("its header says {} with {} bits a sample, which does not exist",
                                          coding_name(coding), bits));
  if (channels == 0) return fail("bad_header", "its header says 0 channels");
  if (block != channels * bits / 8)
    return fail("bad_header", fmt::format("its header says {} channels of {} bits in {} bytes", channels, bits, block));
  return {};
}

}  // namespace

static bool is_wav(std::span<unsigned char const> begin) {
  return begin.size() >= 12 && (name(begin) == "RIFF" || name(begin) == "RF64") && name(begin.subspan(8)) == "WAVE";
}

// Calls visit(chunk) for each that begins in what is there, until it says false.
template <typename Visit>
static void each_chunk(std::span<unsigned char const> begin, Visit visit) {
  if (!is_wav(begin)) return;
  for (auto rest = begin.subspan(12); rest.size() >= 8 && visit(rest);) {
    auto const size = number(rest.subspan(4), 4);
    auto const next = 8 + static_cast<std::size_t>(size) + size % 2;
    if (next >= rest.size()) return;
    rest = rest.subspan(next);
  }
}

std::optional<std::size_t> unwritten_length(std::span<unsigned char const> begin) {
  std::optional<std::size_t> out;
  each_chunk(begin, [&](std::span<unsigned char const> chunk) {
    if (name(chunk) != "data") return true;
    auto const at = static_cast<std::size_t>(chunk.data() - begin.data());
    if (number(chunk.subspan(4), 4) == 0 && chunk.size() > 8) out = at + 4;
    return false;
  });
  return out;
}

Result<void> check_wav_header(std::span<unsigned char const> begin) {
  Result<void> out;
  each_chunk(begin, [&](std::span<unsigned char const> chunk) {
    if (name(chunk) != "fmt ") return true;
    if (chunk.size() >= 24 && number(chunk.subspan(4), 4) >= 16) out = check_format(chunk.subspan(8));
    return false;
  });
  return out;
}

namespace {

// What begins at a place of the file.
struct Head {
  std::string name;
  std::uint64_t size = 0;  // as it says
};

std::optional<Head> head_at(std::istream& file, std::uint64_t place) {
  std::array<unsigned char, 8> bytes{};
  file.clear();
  file.seekg(static_cast<std::streamoff>(place));
  if (!file.read(reinterpret_cast<char*>(bytes.data()), bytes.size())) return std::nullopt;
  return Head{std::string(name(bytes)), number(std::span(bytes).subspan(4), 4)};
}

bool is_printable(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
}

// Behind audio: a chunk that fits, padding, or what players hang on a file.
bool is_known(std::istream& file, std::uint64_t place, std::uint64_t bytes) {
  auto const head = head_at(file, place);
  if (!head || head->name == std::string(4, '\0')) return true;
  for (std::string_view const tag : {"ID3", "TAG", "APET", "LYRI"})
    if (head->name.starts_with(tag)) return true;
  return is_printable(head->name) && place + 8 + head->size <= bytes + 1;
}

}  // namespace

std::uint64_t missing_bytes(std::istream& file, std::uint64_t bytes) {
  constexpr std::uint64_t kUntilTheEnd = 0x7FFF0000;
  auto const riff = head_at(file, 0);
  if (!riff || riff->name != "RIFF") return 0;
  for (std::uint64_t at = 12; auto const head = head_at(file, at); at += 8 + head->size + head->size % 2) {
    auto const end = at + 8 + head->size;
    if (head->name == "data") return head->size >= kUntilTheEnd || end <= bytes ? 0 : end - bytes;
    if (end > bytes) break;
  }
  return 0;
}

Result<std::optional<std::size_t>> stale_length(std::istream& file, std::uint64_t bytes) {
  constexpr std::uint64_t kRest = 64;  // fewer bytes are no audio worth a word
  auto const riff = head_at(file, 0);
  std::optional<std::size_t> out;
  if (!riff || riff->name != "RIFF") return out;
  bool audio = false;
  for (std::uint64_t at = 12; auto const head = head_at(file, at);) {
    auto const end = at + 8 + head->size;
    if (audio && head->name == "data" && end <= bytes + 1)
      return fail("bad_header", "holds its audio in two pieces (`data` twice); one is expected");
    if (head->name == "data" && head->size > 0 && !audio) {
      audio = true;
      bool const rest = end + kRest < bytes && !is_known(file, end, bytes) && !is_known(file, end + 1, bytes);
      if (rest) out = static_cast<std::size_t>(at) + 4;
    }
    if (end > bytes || out) break;
    at = end + head->size % 2;
  }
  return out;
}

}  // namespace sotto::app
