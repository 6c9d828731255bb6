// What a WAV file says of itself (RIFF; Microsoft's "Multiple channel audio data and WAVE files"), before a library
// reads it: a header that contradicts itself gives noise, and noise gives words that nobody said. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <span>

#include "base/error.h"

namespace sotto::app {

// `begin`: the first bytes of the file, some kilobytes. Good for what is no WAV file too: that is for the library to
// say. Error bad_header: what is impossible, in words.
Result<void> check_wav_header(std::span<unsigned char const> begin);

// Where the length of the audio stands that is too small: what follows the audio it tells of is neither a chunk nor a
// tag, so it is audio too (a recorder that was killed after it had written a length, a file that was put together). By
// the file itself, which has so many bytes. Error bad_header: audio in two pieces.
Result<std::optional<std::size_t>> stale_length(std::istream& file, std::uint64_t bytes);

// How much of the audio that its length tells of is not there: a file that was cut off. 0 for lengths that mean "until
// the end" (0, or above 2 GiB, as streams write them).
std::uint64_t missing_bytes(std::istream& file, std::uint64_t bytes);

// Where the length of the audio stands that a recorder never wrote, because it was killed: the place of four zero bytes
// in the file; nullopt: it stands there, or this is no WAV file.
std::optional<std::size_t> unwritten_length(std::span<unsigned char const> begin);

}  // namespace sotto::app
