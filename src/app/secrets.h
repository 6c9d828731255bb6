// Random names and digests (OpenSSL).
#pragma once

#include <string>
#include <string_view>

namespace sotto::app {

// `bytes` random bytes as lower-case hex.
std::string random_hex(int bytes);
// SHA-256 as lower-case hex.
std::string digest(std::string_view text);

}  // namespace sotto::app
