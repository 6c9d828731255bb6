#include "base/utf8.h"

#include <cstdint>

#include <fmt/format.h>
#include <unicode/utf8.h>

namespace sotto {

// Calls visit(character, from, to) for each; a character below 0 is no UTF-8.
template <typename Visit>
static void each_character(std::string_view text, Visit visit) {
  auto const* const bytes = reinterpret_cast<std::uint8_t const*>(text.data());
  auto const size = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < size;) {
    auto const from = at;
    std::int32_t character = 0;
    U8_NEXT(bytes, at, size, character);
    if (!visit(character, static_cast<std::size_t>(from), static_cast<std::size_t>(at))) return;
  }
}

bool is_utf8(std::string_view text) {
  bool good = true;
  each_character(text, [&](std::int32_t character, std::size_t, std::size_t) { return good = character > 0; });
  return good;
}

std::string_view first_bytes(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string out;
  each_character(text, [&](std::int32_t character, std::size_t from, std::size_t to) {
    if (out.size() >= most) {
      out += "...";
      return false;
    }
    bool const control = (character >= 0 && character < 0x20) || (character >= 0x7F && character < 0xA0) ||
                         character == 0x2028 || character == 0x2029;
    if (character == '\n') out += "\\n";
    else if (character == '\t') out += ' ';
    else if (character < 0 || (control && character < 0x100))
      for (auto const byte : text.substr(from, to - from))
        out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(byte));
    else if (control) out += fmt::format("\\u{:04x}", character);
    else out += text.substr(from, to - from);
    return true;
  });
  return out;
}

}  // namespace sotto
