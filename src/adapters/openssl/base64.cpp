#include "adapters/openssl/base64.h"

#include <charconv>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace sotto {

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.find_first_of(" \t\r\n") != text.npos) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  auto const length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<unsigned char const*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  std::size_t const padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    unsigned char byte = 0;
    auto const* const end = text.data() + at + 2;
    auto const read = std::from_chars(text.data() + at, end, byte, 16);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    out += static_cast<char>(byte);
  }
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (unsigned char const byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

}  // namespace sotto
