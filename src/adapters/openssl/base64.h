// Base64 (RFC 4648, section 4) and hex, as people write keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sotto {

// nullopt where it is no base64, or empty.
std::optional<std::string> from_base64(std::string_view text);
// Of either case; nullopt where it is no hex.
std::optional<std::string> from_hex(std::string_view text);
std::string to_hex(std::string_view bytes);

}  // namespace sotto
