#include "language/numbers/incidental.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_set>

namespace sotto::language {
namespace {

using Words = std::unordered_set<std::string_view>;

Words const units = {"dollars", "dollar", "pounds", "pound",   "euros",   "euro",    "cents",   "cent",    "pence",
                     "percent", "%",      "years",  "year",    "months",  "month",   "weeks",   "week",    "days",
                     "day",     "hours",  "hour",   "minutes", "minute",  "seconds", "miles",   "people",  "persons",
                     "times",   "items",  "boxes",  "pm",      "am",      "p.m",     "a.m",     "o'clock", "oclock",
                     "inches",  "feet",   "kilos",  "nights",  "degrees", "million", "billion", "grand",   "quid",
                     "bucks",   "digit",  "digits", "numbers"};
Words const months = {"january",   "february", "march",    "april",    "may",  "june", "july", "august",
                      "september", "october",  "november", "december", "jan",  "feb",  "mar",  "apr",
                      "jun",       "jul",      "aug",      "sep",      "sept", "oct",  "nov",  "dec"};
Words const streets = {"street", "st",     "road",    "rd",       "avenue",  "ave", "lane",
                       "ln",     "drive",  "court",   "blvd",     "close",   "way", "boulevard",
                       "place",  "square", "terrace", "crescent", "gardens", "park"};
Words const one_of = {"second", "moment", "sec", "minute", "more", "of", "other", "thing", "that", "please", "who"};
Words const this_one = {"this", "that", "which", "another", "the", "new", "old", "other", "same"};
Words const ordinals = {"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"};
Words const counted = {"last", "next", "first", "final", "second", "third", "middle", "other", "fourth"};

bool is_digits(Item const& item) { return item.kind == Item::Kind::digits; }

}  // namespace

bool numeric(std::vector<Lexeme> const& lexemes) {
  return std::ranges::any_of(lexemes, [](Lexeme const& lexeme) { return lexeme.lex <= Lex::repeat; });
}

void mark_incidental(std::vector<SaidWord> const& words, std::vector<Item>& items) {
  auto const folded = [&](std::size_t word) { return word < words.size() ? words[word].folded : std::string_view(); };
  for (std::size_t at = 0; at < items.size(); ++at) {
    if (!is_digits(items[at])) continue;
    auto const begin = at;
    std::size_t n = 0;
    auto const final = words[items[at].first].final;
    for (; at < items.size() && is_digits(items[at]) && words[items[at].first].final == final; ++at) {
      n += items[at].digits.size();
    }
    auto const& head = items[begin];
    auto const& tail = items[at - 1];
    auto const before = head.first > 0 ? folded(head.first - 1) : std::string_view(), next = folded(tail.last + 1);
    bool const street = std::ranges::any_of(
        std::array{1, 2, 3}, [&](int i) { return streets.contains(folded(tail.last + static_cast<std::size_t>(i))); });
    bool const may = head.first == 0 || !words[head.first - 1].text.starts_with('m');
    bool const dated = months.contains(next) || (months.contains(before) && (before != "may" || may));
    bool const ranged = n <= 2 && (next == "to" || next == "or") && units.contains(folded(tail.last + 3));
    bool const joined = head.first > 0 && !words[head.first - 1].text.empty() &&
                        std::isalpha(static_cast<unsigned char>(words[head.first - 1].text.back()));
    auto const numeric_at = [&](std::size_t i) { return i < words.size() && words[i].numeric; };
    bool const goes_on = numeric_at(tail.last + 1) || numeric_at(tail.last + 2);
    bool const one = n == 1 && (one_of.contains(next) || (joined && !goes_on && this_one.contains(before))) &&
                     folded(head.first) == "one";
    bool const other = one || ranged || (n <= 7 && units.contains(next)) || (n <= 4 && before == "at") ||
                       (n <= 5 && street) || (n <= 6 && dated) ||
                       (n <= 4 && ordinals.contains(next) && tail.digits.back() == '0');
    bool const counts = head.digits.size() == 1 && std::isalpha(static_cast<unsigned char>(folded(head.first)[0])) &&
                        counted.contains(before) && head.digits[0] >= '3' && head.digits[0] <= '6';
    for (auto i = begin; i < at; ++i) {
      if (other) items[i].kind = Item::Kind::other;
    }
    bool const idiom = one_of.contains(next) && folded(tail.first) == "one";
    if (!other && (idiom || (units.contains(next) && n > 7))) items[at - 1].kind = Item::Kind::other;
    if (counts && !other) items[begin].kind = Item::Kind::maybe;  // "the next four": a count, or a digit
    --at;
  }
}

}  // namespace sotto::language
