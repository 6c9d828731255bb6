#include "language/privacy/card_code.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace sotto::language {
namespace {

constexpr auto kMonths =
    std::to_array<std::string_view>({"january",   "february", "march",    "april",    "may",  "june", "july", "august",
                                     "september", "october",  "november", "december", "jan",  "feb",  "mar",  "apr",
                                     "jun",       "jul",      "aug",      "sep",      "sept", "oct",  "nov",  "dec"});
constexpr std::size_t kWordsBetween = 7;  // "and then there's the"

// Digits that were said without another word between them.
struct Group {
  std::string digits;
  std::size_t first = 0, last = 0;
  std::size_t others_before = 0;  // words that are no number, since the group before
};

bool is_year(std::string_view digits) {
  if (digits.size() == 4 && digits.starts_with("20")) digits.remove_prefix(2);
  return digits.size() == 2 && digits[0] >= '1' && digits[0] <= '4' && digits != "10" && digits != "11";
}

std::vector<Group> pieces_of(std::vector<Item> const& items) {
  std::vector<Group> out;
  std::size_t others = 0;
  for (auto const& item : items) {
    if (item.kind == Item::Kind::digits) {
      out.push_back({item.digits, item.first, item.last, others});
      others = 0;
    } else if (item.kind != Item::Kind::filler) {
      ++others;
    }
  }
  return out;
}

// The pieces [at, end) that say a year behind a month's name, or a month and a year; every place where it may end.
std::vector<std::size_t> expiry_ends(std::vector<Group> const& pieces, std::size_t at, bool month) {
  std::vector<std::size_t> out;
  std::string digits;
  for (auto end = at; end < pieces.size() && digits.size() < 6; ++end) {
    if (end > at && pieces[end].others_before > 0) break;
    digits += pieces[end].digits;
    if (month ? is_year(digits) : is_expiry(digits)) out.push_back(end + 1);
  }
  return out;
}

using Words = std::pair<std::size_t, std::size_t>;

std::optional<Words> find_code(std::vector<std::string> const& folded, std::vector<Group> const& pieces,
                               std::vector<ContextMention> const& contexts, std::size_t code_digits) {
  auto const named = [&](std::size_t from, std::size_t to) {
    return std::ranges::any_of(contexts, [&](ContextMention const& said) {
      return said.first >= from && said.last <= to && said.context != NumberContext::card &&
             said.context != NumberContext::cvv && said.context != NumberContext::expiry;
    });
  };
  for (std::size_t at = 0; at < pieces.size(); ++at) {
    auto const before = pieces[at].first;
    bool const month = before > 0 && std::ranges::find(kMonths, folded[before - 1]) != kMonths.end();
    for (auto const end : expiry_ends(pieces, at, month)) {
      std::string digits;
      auto last = end;
      for (; last < pieces.size() && (last == end || pieces[last].others_before == 0); ++last)
        digits += pieces[last].digits;
      if (digits.size() != code_digits || pieces[end].others_before > kWordsBetween) continue;
      auto const first_word = pieces[end].first, last_word = pieces[last - 1].last;
      if (!named(before, std::min(last_word + 2, folded.size()))) return Words(first_word, last_word);
    }
  }
  return std::nullopt;
}

}  // namespace

bool is_expiry(std::string_view digits) {
  if (digits.size() != 4 && digits.size() != 6 && digits.size() != 3) return false;
  if (digits.size() == 3) return digits[0] >= '1' && digits[1] >= '2' && digits[1] <= '4';
  auto const month = (digits[0] - '0') * 10 + (digits[1] - '0');
  return month >= 1 && month <= 12 && (digits.size() == 4 || digits.substr(2, 2) == "20");
}

std::optional<std::pair<std::size_t, std::size_t>> code_behind_expiry(std::vector<std::string> const& folded,
                                                                      std::vector<Item> const& items,
                                                                      std::vector<ContextMention> const& contexts,
                                                                      std::size_t code_digits) {
  auto const pieces = pieces_of(items);
  if (auto const found = find_code(folded, pieces, contexts, code_digits)) return found;
  // "twenty thirty, four three seven": a year that ends in a ten, and a code that was read into it.
  for (std::size_t at = 0; at < pieces.size(); ++at) {
    auto const& [digits, first, last, others] = pieces[at];
    if (digits.size() != 2 || last != first + 1 || digits[1] == '0') continue;
    auto apart = pieces;
    apart[at] = {.digits = {digits[0], '0'}, .first = first, .last = first, .others_before = others};
    apart.insert(apart.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                 {.digits = digits.substr(1), .first = last, .last = last, .others_before = 0});
    if (auto const found = find_code(folded, apart, contexts, code_digits)) return found;
  }
  return std::nullopt;
}

}  // namespace sotto::language
