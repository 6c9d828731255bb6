#include "knowledge/articles/raised_text.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "knowledge/articles/article_builder.h"

namespace sotto::knowledge {

namespace {

constexpr std::size_t kMarkBytes = 8;    // of a footnote's mark: "1,2", "(12)"
constexpr std::size_t kEndingBytes = 4;  // "rd", "TM", "ème"
constexpr std::array<std::string_view, 10> kRaised{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
constexpr std::array<std::string_view, 10> kLowered{"₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"};

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::string raised_text(std::string_view before, std::string_view text, bool lowered) {
  auto said = squeeze(text);
  if (said.empty()) return std::string(text);
  std::string out = is_space(text.front()) ? " " : "";
  bool const letters = std::ranges::any_of(said, [](unsigned char c) { return std::isalpha(c) != 0 || c >= 0x80; });
  if (!letters && said.size() <= kMarkBytes) {
    auto const& digits = lowered ? kLowered : kRaised;
    for (char const c : said) {
      if (is_digit(c)) out += digits[static_cast<std::size_t>(c - '0')];
      else out += c;
    }
  } else {
    bool const ending = !is_digit(said.front()) && said.size() <= kEndingBytes && said.find(' ') == std::string::npos;
    bool const apart = before.empty() || is_space(before.back());
    if (!ending && !apart && out.empty()) out = " ";
    out += said;
  }
  return is_space(text.back()) ? out + " " : out;
}

void raise(std::string& text, std::size_t from, bool lowered) {
  from = std::min(from, text.size());
  auto const said = text.substr(from);
  text.resize(from);
  text += raised_text(text, said, lowered);
}

std::string_view without_mark(std::string_view text) {
  for (bool cut = true; cut && text.size() > 3;) {
    cut = false;
    for (auto const digit : kRaised) {
      if (!text.ends_with(digit)) continue;
      text.remove_suffix(digit.size());
      cut = true;
    }
  }
  return text;
}

}  // namespace sotto::knowledge
