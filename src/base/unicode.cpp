#include "base/unicode.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

namespace sotto::language {

namespace {

constexpr UChar32 kByteOrderMark = 0xFEFF, kZeroWidthJoiner = 0x200D, kZeroWidthNonJoiner = 0x200C;

// The next character and where it ends; below 0: no UTF-8.
UChar32 next(std::string_view bytes, std::size_t& at) {
  UChar32 character = 0;
  auto const size = static_cast<std::int64_t>(bytes.size());
  auto place = static_cast<std::int64_t>(at);
  U8_NEXT(reinterpret_cast<std::uint8_t const*>(bytes.data()), place, size, character);
  at = static_cast<std::size_t>(place);
  return character;
}

void append(UChar32 character, std::string& out) {
  std::uint8_t bytes[4];
  int size = 0;
  U8_APPEND_UNSAFE(bytes, size, character);
  out.append(reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size));
}

bool is_shown(UChar32 character) {
  if (character < 0) return false;
  auto const type = u_charType(character);
  if (type == U_CONTROL_CHAR || type == U_LINE_SEPARATOR || type == U_PARAGRAPH_SEPARATOR) return false;
  return !u_hasBinaryProperty(character, UCHAR_BIDI_CONTROL);
}

bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c >= 0x80; });
}

// UTF-16 behind its mark.
std::expected<std::string, TextProblem> from_utf16(std::string_view bytes, bool little) {
  std::string out;
  int line = 1;
  if (bytes.size() % 2 != 0) return std::unexpected(TextProblem{0, "is UTF-16 that ends in half a character"});
  auto const unit = [&](std::size_t at) {
    auto const low = static_cast<unsigned char>(bytes[little ? at : at + 1]);
    auto const high = static_cast<unsigned char>(bytes[little ? at + 1 : at]);
    return static_cast<UChar>(high << 8 | low);
  };
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    UChar32 character = unit(at);
    if (U16_IS_LEAD(character) && at + 2 < bytes.size() && U16_IS_TRAIL(unit(at + 2))) {
      at += 2;
      character = U16_GET_SUPPLEMENTARY(character, unit(at));
    }
    if (U_IS_SURROGATE(character))
      return std::unexpected(TextProblem{line, "is not UTF-16 text: half of a pair of surrogates"});
    line += character == '\n';
    append(character, out);
  }
  return out;
}

// "saved as Windows-1252 it would read caf<e9>": what the byte most often is.
std::string not_utf8(unsigned char byte) {
  return fmt::format("is not UTF-8 text (byte \\x{:02x}, as Windows-1252 or Latin-1 write it): save the file as UTF-8",
                     byte);
}

// Runs of white space become one space.
class Spaced {
 public:
  void add(UChar32 character) {
    if (character < 0) return;
    if (u_isUWhiteSpace(character)) {
      space_ = true;
      return;
    }
    if (space_ && !out_.empty()) out_ += ' ';
    space_ = false;
    append(character, out_);
  }
  void add(std::string_view ascii) {
    for (char const c : ascii) add(static_cast<UChar32>(c));
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  bool space_ = false;
};

UChar32 plain_sign(UChar32 character) {
  switch (character) {
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x201B:
    case 0x2032:
    case 0x02BC:
    case 0x00B4: return '\'';
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x201F:
    case 0x2033:
    case 0x00AB:
    case 0x00BB: return '"';
    case 0x2044: return '/';
    case 0x2212: return '-';
    default: return u_charType(character) == U_DASH_PUNCTUATION ? '-' : character;
  }
}

// Raised and lowered digits, fractions and digits in circles, which NFKC makes digits like any other.
bool is_small_digit(UChar32 character) {
  auto const type = u_getIntPropertyValue(character, UCHAR_DECOMPOSITION_TYPE);
  bool const small = type == U_DT_SUPER || type == U_DT_SUB || type == U_DT_FRACTION || type == U_DT_CIRCLE;
  return small && u_charType(character) == U_OTHER_NUMBER;
}

// A space before those that would join a number ("25¹", "2½") and before a raised one behind a word; behind a unit of
// one or two letters it is a power.
std::string with_marks_apart(std::string_view text) {
  std::string out;
  int letters = 0;  // before it
  bool digit = false;
  for (std::size_t at = 0; at < text.size();) {
    auto const character = next(text, at);
    if (character < 0) continue;
    bool const small = character >= 0x80 && is_small_digit(character);
    bool const raised = small && u_getIntPropertyValue(character, UCHAR_DECOMPOSITION_TYPE) == U_DT_SUPER;
    if ((small && digit) || (raised && letters > 2)) out += ' ';
    digit = u_isdigit(character) != 0;
    letters = u_isalpha(character) != 0 && !small ? letters + 1 : 0;
    append(character, out);
  }
  return out;
}

std::string_view letters_of(UChar32 ligature) {
  switch (ligature) {
    case 0xFB00: return "ff";
    case 0xFB01: return "fi";
    case 0xFB02: return "fl";
    case 0xFB03: return "ffi";
    case 0xFB04: return "ffl";
    case 0xFB05:
    case 0xFB06: return "st";
    default: return "";
  }
}

}  // namespace

std::string escaped(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    auto const from = at;
    auto const character = next(bytes, at);
    auto const part = bytes.substr(from, at - from);
    if (is_shown(character)) {
      out += part;
      continue;
    }
    for (unsigned char const byte : part) out += fmt::format("\\x{:02x}", byte);
  }
  return out;
}

std::string stray_character(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto const from = at;
    auto const character = next(text, at);
    if (character != '\n' && character != '\t' && !is_shown(character)) return escaped(text.substr(from, at - from));
  }
  return "";
}

std::expected<std::string, TextProblem> decode_text(std::string_view bytes, std::size_t line_bytes_max) {
  constexpr std::string_view kUtf16Little = "\xff\xfe", kUtf16Big = "\xfe\xff";
  if (bytes.starts_with(std::string_view("\xff\xfe\0\0", 4)) || bytes.starts_with(std::string_view("\0\0\xfe\xff", 4)))
    return std::unexpected(TextProblem{0, "is UTF-32 text: save the file as UTF-8"});
  std::string wide;
  if (bytes.starts_with(kUtf16Little) || bytes.starts_with(kUtf16Big)) {
    auto converted = from_utf16(bytes.substr(2), bytes.starts_with(kUtf16Little));
    if (!converted) return converted;
    wide = std::move(*converted);
    bytes = wide;
  }
  std::string out;
  out.reserve(bytes.size());
  int line = 1;
  std::size_t line_begin = 0;
  auto const refuse = [&](std::string reason) { return std::unexpected(TextProblem{line, std::move(reason)}); };
  for (std::size_t at = 0; at < bytes.size();) {
    auto const from = at;
    auto const character = next(bytes, at);
    if (character < 0) return refuse(not_utf8(static_cast<unsigned char>(bytes[from])));
    if (character == 0) return refuse("holds a NUL byte: this is no text, or UTF-16 without its mark");
    if (character == kByteOrderMark) continue;  // at the beginning, or of a file that was put behind another
    if (character == '\r') {
      if (at < bytes.size() && bytes[at] == '\n') ++at;
      out += '\n';
    } else if (character == '\f' || character == '\v') {
      out += ' ';
    } else if (character < 0xA0 && character != '\n' && character != '\t' && !is_shown(character)) {
      return refuse(fmt::format("holds the control character {}", escaped(bytes.substr(from, at - from))));
    } else {
      out += bytes.substr(from, at - from);
    }
    if (line_bytes_max > 0 && out.size() - line_begin > line_bytes_max)
      return refuse(fmt::format("the line is longer than {} bytes", line_bytes_max));
    if (!out.empty() && out.back() == '\n') ++line, line_begin = out.size();
  }
  return out;
}

std::string plain(std::string_view text) {
  Spaced out;
  std::string apart, composed;
  if (!is_ascii(text)) {
    text = apart = with_marks_apart(text);
    UErrorCode failed = U_ZERO_ERROR;
    auto const* const forms = icu::Normalizer2::getNFKCInstance(failed);
    auto wide = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
    if (U_SUCCESS(failed)) wide = forms->normalize(wide, failed);
    wide.toUTF8String(composed);
    text = composed;
  }
  for (std::size_t at = 0; at < text.size();) {
    auto const character = next(text, at);
    if (character < 0x80) out.add(character);
    else if (u_isUWhiteSpace(character)) out.add(' ');
    else if (!u_hasBinaryProperty(character, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) out.add(plain_sign(character));
  }
  return out.take();
}

std::string letter_at(std::string_view text, std::size_t& at) {
  auto const character = next(text, at);
  std::string out;
  if (character >= 0 && (u_isalnum(character) || u_charType(character) == U_NON_SPACING_MARK))
    append(u_foldCase(character, U_FOLD_CASE_DEFAULT), out);
  return out;
}

bool has_letter(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (auto const character = next(text, at); character >= 0 && u_isalnum(character)) return true;
  }
  return false;
}

std::string readable(std::string_view text) {
  Spaced out;
  for (std::size_t at = 0; at < text.size();) {
    auto const character = next(text, at);
    auto const letters = character < 0x80 ? std::string_view() : letters_of(character);
    bool const joins = character == kZeroWidthJoiner || character == kZeroWidthNonJoiner ||
                       u_hasBinaryProperty(character, UCHAR_VARIATION_SELECTOR);
    if (!letters.empty()) out.add(letters);
    else if (character < 0x80 || joins || !u_hasBinaryProperty(character, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
      out.add(character);
  }
  return out.take();
}

}  // namespace sotto::language
