// UTF-8 (RFC 3629) from outside: judged, or made good. Everything that leaves this process as text passes here once.
#pragma once

#include <string>
#include <string_view>

namespace sotto {

// Well-formed, and without NUL.
bool is_utf8(std::string_view text);
// At most `most` bytes of it, cut before a character and not inside one.
std::string_view first_bytes(std::string_view text, std::size_t most);
// For a log line or a message of one line: control characters as \n, \x1b, what is no UTF-8 as \xff; bounded.
std::string one_line(std::string_view text, std::size_t most = 200);

}  // namespace sotto
