#include "language/numbers/spoken.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace sotto::language {
namespace {

using Lexicon = std::unordered_map<std::string_view, Lexeme>;

Lexicon const& lexicon() {
  static Lexicon const words = [] {
    Lexicon out;
    auto const all = [&](Lex lex, std::initializer_list<std::pair<char const*, char const*>> pairs) {
      for (auto const& [word, digits] : pairs) out[word] = {.lex = lex, .digits = digits};
    };
    all(Lex::digits, {{"zero", "0"},
                      {"nought", "0"},
                      {"naught", "0"},
                      {"nil", "0"},
                      {"one", "1"},
                      {"two", "2"},
                      {"three", "3"},
                      {"four", "4"},
                      {"five", "5"},
                      {"six", "6"},
                      {"seven", "7"},
                      {"eight", "8"},
                      {"nine", "9"},
                      {"niner", "9"},
                      {"fife", "5"}});
    all(Lex::teen, {{"ten", "10"},
                    {"eleven", "11"},
                    {"twelve", "12"},
                    {"thirteen", "13"},
                    {"fourteen", "14"},
                    {"fifteen", "15"},
                    {"sixteen", "16"},
                    {"seventeen", "17"},
                    {"eighteen", "18"},
                    {"nineteen", "19"}});
    all(Lex::tens, {{"twenty", "2"},
                    {"thirty", "3"},
                    {"forty", "4"},
                    {"fourty", "4"},
                    {"fifty", "5"},
                    {"sixty", "6"},
                    {"seventy", "7"},
                    {"eighty", "8"},
                    {"ninety", "9"}});
    all(Lex::maybe,
        {{"to", "2"}, {"too", "2"}, {"for", "4"}, {"fore", "4"}, {"won", "1"}, {"ate", "8"}, {"tree", "3"}});
    for (auto const* word : {"oh", "o"}) out[word] = {.lex = Lex::digits, .digits = "0", .weak = true};
    out["hundred"] = {.lex = Lex::hundred};
    out["thousand"] = {.lex = Lex::thousand};
    out["double"] = {.lex = Lex::repeat, .times = 2};
    for (auto const* word : {"triple", "treble"}) out[word] = {.lex = Lex::repeat, .times = 3};
    for (auto const* word : {"quadruple", "quad"}) out[word] = {.lex = Lex::repeat, .times = 4};
    for (auto const* word :
         {"uh",     "um",    "er",     "erm",      "ah",    "hmm",     "hm",     "mm",      "mhm",    "mm-hmm",
          "uh-huh", "mm-hm", "huh",    "eh",       "ehm",   "and",     "then",   "dash",    "hyphen", "space",
          "minus",  "okay",  "ok",     "right",    "yeah",  "yes",     "yep",    "yup",     "sure",   "so",
          "well",   "like",  "next",   "followed", "by",    "it's",    "its",    "is",      "that's", "thats",
          "the",    "it",    "goes",   "again",    "comma", "alright", "now",    "got",     "a",      "good",
          "go",     "on",    "please", "just",     "also",  "great",   "thanks", "perfect", "you",    "know",
          "let's",  "see",   "me",     "let",      "ready", "are",     "there",  "gap",     "pause",  "stop"}) {
      out[word] = {.lex = Lex::filler};
    }
    for (auto const* word : {"no", "sorry", "wait", "actually", "oops", "whoops", "nope", "scratch", "correction",
                             "rather", "mean", "mistake", "apologies", "pardon"}) {
      out[word] = {.lex = Lex::correction};
    }
    return out;
  }();
  return words;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "4111-1111" and "4111.1111" are digits, "12/26", "12:30" and "12.50" are not: dates, times, sums have their own
// marks.
std::string written_digits(std::string_view word) {
  std::string out;
  std::size_t dots = 0, after_dot = 0;
  for (auto const c : word) {
    if (is_digit(c)) {
      out += c;
      ++after_dot;
    } else if (c == '.') {
      ++dots;
      after_dot = 0;
    } else if (c != '-' && c != ',' && c != '#' && c != '_') {
      return {};
    }
  }
  if (dots == 1 && after_dot <= 2 && out.size() <= 7) return {};
  return out;
}

struct Reader {
  std::vector<std::vector<Lexeme>> const& words;
  struct Place {
    std::size_t word = 0, part = 0;
  };
  std::vector<Place> places;
  std::vector<Lexeme const*> flat;

  std::vector<bool> const& breaks;

  Reader(std::vector<std::vector<Lexeme>> const& all, std::vector<bool> const& begins) : words(all), breaks(begins) {
    for (std::size_t word = 0; word < words.size(); ++word) {
      for (std::size_t part = 0; part < words[word].size(); ++part) {
        places.push_back({word, part});
        flat.push_back(&words[word][part]);
      }
    }
  }

  Lex at(std::size_t i) const { return i < flat.size() ? flat[i]->lex : Lex::other; }
  bool digit(std::size_t i) const { return at(i) == Lex::digits && flat[i]->digits.size() == 1; }
  // Said in one breath with what is before it.
  bool joins(std::size_t i) const {
    return i < places.size() && !(places[i].part == 0 && places[i].word < breaks.size() && breaks[places[i].word]);
  }
  bool nonzero(std::size_t i) const { return digit(i) && flat[i]->digits != "0"; }

  // A number below a hundred; nothing where there is none.
  std::string below_hundred(std::size_t& i) const {
    if (at(i) == Lex::tens) {
      auto out = flat[i++]->digits;
      return out + (joins(i) && nonzero(i) ? flat[i++]->digits : "0");
    }
    if (at(i) == Lex::teen || digit(i)) return flat[i++]->digits;
    return {};
  }

  bool and_number(std::size_t i) const {
    auto const& words_of = words[places[i].word];
    return at(i) == Lex::filler && words_of.size() == 1 && words_of[0].times == 1 &&
           (at(i + 1) == Lex::tens || at(i + 1) == Lex::teen || nonzero(i + 1));
  }

  // "four hundred [and] twelve", "forty two hundred", "four thousand one hundred eleven".
  Item number(std::size_t& i) const {
    Item item{.kind = Item::Kind::digits, .first = places[i].word, .last = 0};
    auto const here = i;
    auto const head = below_hundred(i);
    long value = std::stol(head);
    item.digits = item.apart = head;
    bool compound = false;
    auto const absorb = [&] {
      if (!joins(i)) return;
      if (and_number(i)) ++i;
      auto const before = i;
      auto const rest = below_hundred(i);
      // "eight hundred nine four six": who goes on digit by digit has begun with the nine.
      bool const spelled = rest.size() == 1 && joins(i) && digit(i);
      if (rest.empty() || rest[0] == '0' || spelled) {
        i = before;
      } else {
        value += std::stol(rest);
        item.apart += rest;
      }
    };
    if (joins(i) && at(i) == Lex::thousand && head.size() <= 2) {
      ++i;
      compound = true;
      value *= 1000;
      item.apart += "000";
      auto mark = i;
      auto const hundreds = below_hundred(mark);
      if (!hundreds.empty() && hundreds.size() == 1 && at(mark) == Lex::hundred) {
        i = mark + 1;
        value += std::stol(hundreds) * 100;
        item.apart += hundreds + "00";
      }
      absorb();
    } else if (joins(i) && at(i) == Lex::hundred) {
      ++i;
      compound = true;
      value *= 100;
      item.apart += "00";
      absorb();
    }
    if (compound) item.digits = std::to_string(value);
    if (!compound && head.size() == 2 && head[1] != '0' && at(here) == Lex::tens) item.apart = {head[0], '0', head[1]};
    if (item.apart == item.digits) item.apart.clear();
    item.last = places[i - 1].word;
    return item;
  }

  Item one(std::size_t& i) const {
    auto const here = i;
    auto const& lexeme = *flat[i];
    auto const word = places[i].word;
    auto const simple = [&](Item::Kind kind) {
      ++i;
      return Item{.kind = kind, .digits = lexeme.digits, .apart = {}, .first = word, .last = word};
    };
    switch (lexeme.lex) {
      case Lex::digits:
        if (lexeme.weak && !beside_digits(here)) return simple(Item::Kind::filler);
        if (lexeme.weak && (at(here + 1) == Lex::correction || !next_to_digits(here))) return simple(Item::Kind::maybe);
        if (lexeme.digits.size() > 1) return simple(Item::Kind::digits);
        return number(i);
      case Lex::teen:
      case Lex::tens: return number(i);
      case Lex::repeat: {
        ++i;
        if (i == flat.size())
          return {.kind = Item::Kind::pending, .digits = {}, .apart = {}, .first = word, .last = word};
        if (at(i) == Lex::filler && digit(i + 1)) ++i;
        if (!digit(i) && at(i) != Lex::maybe)
          return {.kind = Item::Kind::other, .digits = {}, .apart = {}, .first = word, .last = word};
        Item item{.kind = Item::Kind::digits, .digits = {}, .apart = {}, .first = word, .last = places[i].word};
        for (int n = 0; n < lexeme.times; ++n) item.digits += flat[i]->digits;
        ++i;
        return item;
      }
      case Lex::maybe: return simple(Item::Kind::maybe);
      case Lex::filler: return simple(Item::Kind::filler);
      case Lex::correction: return simple(Item::Kind::correction);
      default: return simple(Item::Kind::other);
    }
  }

  bool number_like(std::size_t i) const {
    auto const lex = at(i);
    return lex == Lex::digits || lex == Lex::teen || lex == Lex::tens || lex == Lex::repeat;
  }
  bool next_to_digits(std::size_t i) const { return (i > 0 && number_like(i - 1)) || number_like(i + 1); }
  // With nothing but fillers between, as in "followed by oh".
  bool beside_digits(std::size_t i) const {
    bool const alone = !joins(i + 1) && (i == 0 || !joins(i));  // all that was said
    std::size_t const most = alone ? 8 : 5;
    for (std::size_t back = 1; back <= most && back <= i; ++back) {
      if (number_like(i - back)) return true;
      bool const between = at(i - back) == Lex::filler || (!joins(i + 1) && at(i - back) >= Lex::maybe);
      if (!between) break;
    }
    return number_like(i + 1);
  }
};

}  // namespace

std::string fold(std::string_view word) {
  std::string out;
  auto const length = static_cast<std::int32_t>(word.size());
  for (std::int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U8_NEXT(word.data(), i, length, c);
    if (c < 0) continue;
    if (auto const digit = u_charDigitValue(c); digit >= 0) {
      out += static_cast<char>('0' + digit);
    } else if (c < 0x80) {
      out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    } else if (c == 0x2019) {
      out += '\'';
    } else if (u_charType(c) == U_DASH_PUNCTUATION || u_isUWhiteSpace(c)) {
      out += '-';
    } else if (u_isalpha(c)) {
      c = u_tolower(c);
      std::array<char, 4> bytes{};
      std::int32_t n = 0;
      U8_APPEND_UNSAFE(bytes.data(), n, c);
      out.append(bytes.data(), static_cast<std::size_t>(n));
    }
  }
  auto const keep = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80) || c == '$' || c == '%';
  };
  while (!out.empty() && !keep(out.back())) out.pop_back();
  auto const begin = std::ranges::find_if(out, keep);
  out.erase(out.begin(), begin);
  return out;
}

std::vector<Lexeme> read_word(std::string_view word) {
  auto const folded = fold(word);
  auto const& known = lexicon();
  if (auto const found = known.find(folded); found != known.end()) {
    auto lexeme = found->second;
    if (folded == "and") lexeme.times = 1;
    return {lexeme};
  }
  if (folded.empty()) return {{.lex = Lex::filler}};
  if (auto digits = written_digits(folded); !digits.empty()) return {{.lex = Lex::digits, .digits = std::move(digits)}};
  std::vector<Lexeme> parts;
  if (folded.find('-') == std::string::npos) return {{}};
  for (std::size_t at = 0; at <= folded.size();) {
    auto const end = std::min(folded.find('-', at), folded.size());
    auto const part = std::string_view(folded).substr(at, end - at);
    at = end + 1;
    if (part.empty()) continue;
    if (auto const found = known.find(part); found != known.end() && found->second.lex != Lex::other) {
      parts.push_back(found->second);
    } else if (auto digits = written_digits(part); !digits.empty()) {
      parts.push_back({.lex = Lex::digits, .digits = std::move(digits)});
    } else {
      return {{}};
    }
  }
  auto const number = [](Lexeme const& lexeme) { return lexeme.lex <= Lex::repeat; };
  if (!std::ranges::all_of(parts, number)) return {{.lex = Lex::filler}};
  return parts;
}

std::vector<Item> read_numbers(std::vector<std::vector<Lexeme>> const& words, std::vector<bool> const& breaks) {
  Reader const reader(words, breaks);
  std::vector<Item> items;
  for (std::size_t i = 0; i < reader.flat.size();) items.push_back(reader.one(i));
  return items;
}

bool luhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto at = digits.rbegin(); at != digits.rend(); ++at, twice = !twice) {
    int const digit = *at - '0';
    sum += !twice ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
  }
  return !digits.empty() && sum % 10 == 0;
}

}  // namespace sotto::language
