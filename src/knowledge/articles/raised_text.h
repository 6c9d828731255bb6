// Raised and lowered letters as characters of their own: "25" with a footnote's mark is "25¹", never "251". Pure.
#pragma once

#include <string>
#include <string_view>

namespace sotto::knowledge {

// What stands raised (lowered: below the line) behind `before`, as it is to be written there: marks and powers in
// raised digits, "rd" and "TM" as they are, a text of its own behind a space.
std::string raised_text(std::string_view before, std::string_view text, bool lowered);

// The same of what stands in `text` from `from` on.
void raise(std::string& text, std::size_t from, bool lowered);

// Without the raised digits at its end.
std::string_view without_mark(std::string_view text);

}  // namespace sotto::knowledge
