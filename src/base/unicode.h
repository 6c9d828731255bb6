// Text from outside: whether it is UTF-8, how a file of a person's is read whatever wrote it, and the one form in which
// words are compared. By ICU. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace sotto::language {

// The bytes as one printable line of UTF-8: what is no UTF-8, control characters (C0, DEL, C1), line and paragraph
// separators and marks that turn the direction of writing become \xNN a byte.
std::string escaped(std::string_view bytes);

// The first character that does not belong into a text (see escaped(); tabs and line feeds do), as "\x1b"; empty where
// there is none.
std::string stray_character(std::string_view text);

struct TextProblem {
  int line = 0;  // from 1; 0: the whole file
  std::string reason;
};

// A text file's bytes as UTF-8 with a line feed after each line: with or without byte order mark, CRLF, CR or LF,
// UTF-16 with its mark. Form feeds become spaces. Refused with its line: NUL, bytes that are no UTF-8 (other encodings
// cannot be told apart for sure), unpaired surrogates, control characters. `line_bytes_max`: 0 for any.
std::expected<std::string, TextProblem> decode_text(std::string_view bytes, std::size_t line_bytes_max = 0);

// What is compared with speech, in one form: NFKC (ligatures, full-width and other compatibility forms), plain quotes
// and dashes, no soft hyphens or zero-width characters, runs of white space as one space, none at the ends. Not a
// regular expression. `text` is UTF-8.
std::string plain(std::string_view text);

// What is shown: as written, but for what nobody sees (soft hyphens, zero-width characters), Latin ligatures and the
// kinds of white space, which become letters and one space; none at the ends. `text` is UTF-8.
std::string readable(std::string_view text);

// Whether a letter or digit of any script is in it: what has none is not said.
bool has_letter(std::string_view text);

// The letter or digit at `at`, in small letters; empty for any other character. Moves `at` behind it.
std::string letter_at(std::string_view text, std::size_t& at);

}  // namespace sotto::language
