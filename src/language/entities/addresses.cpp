// Addresses as they are written in English and in what English calls hold of other countries.
#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "language/entities/orthography.h"

namespace sotto::language {
namespace {

using Set = std::unordered_set<std::string_view>;

// Behind the street's name.
Set const behind = {"street", "st",       "str",   "road",      "rd",      "avenue", "ave",     "lane",
                    "ln",     "drive",    "dr",    "court",     "ct",      "blvd",   "place",   "parkway",
                    "pkwy",   "square",   "close", "boulevard", "highway", "hwy",    "terrace", "gardens",
                    "way",    "crescent", "grove", "mews",      "trail",   "circle", "row",     "walk",
                    "hill",   "parade",   "quay",  "alley",     "loop",    "route",  "utca",    "u",
                    "ut",     "tér",      "rkp",   "krt",       "kapu",    "rd",     "pass",    "turnpike"};
// Before it.
Set const before = {"rua",    "via",    "rue",   "avenida", "av",     "avda",   "calle",   "ul",    "piazza",
                    "plaza",  "paseo",  "rúa",   "viale",   "corso",  "praça",  "largo",   "ulica", "boulevard",
                    "avenue", "chemin", "allée", "carrera", "camino", "strada", "estrada", "place", "λεωφόρος"};
constexpr std::string_view kEndings[] = {"straße", "strasse", "gasse", "weg",    "platz",  "allee", "katu",  "tie",
                                         "kuja",   "gata",    "gatan", "vägen",  "vej",    "vejen", "vegen", "veien",
                                         "gade",   "gaten",   "veg",   "stræde", "straat", "laan",  "plein", "vegur",
                                         "stræti", "braut",   "tänav", "ova",    "gränd",  "stien", "stasse"};
// Inside names of streets and towns.
Set const joins = {"de", "do",  "da",  "dos", "das", "del", "della", "dei", "di",  "du",  "la",
                   "le", "les", "el",  "of",  "the", "u",   "van",   "von", "der", "den", "am",
                   "an", "im",  "nad", "od",  "en",  "y",   "st",    "des", "d"};
Set const units = {"apt", "apartment", "suite", "unit", "flat", "floor", "box", "room", "ste", "psc"};
Set const cues = {"address", "live",    "lives",   "lived",  "living", "located", "deliver", "delivered", "arrived",
                  "reside",  "resides", "offices", "office", "street", "meet",    "corner",  "station",   "restaurant",
                  "sent",    "send",    "ship",    "return", "taxi",   "house",   "moved",   "meeting",   "addresses"};
Set const stops = {"phone", "mobile", "fax",   "tel",    "desk", "email", "e-mail", "office",  "and",
                   "in",    "on",     "my",    "the",    "i",    "is",    "it",     "to",      "at",
                   "for",   "but",    "so",    "please", "user", "bot",   "name",   "address", "website",
                   "can",   "could",  "thank", "thanks", "what", "yes",   "no",     "we",      "you"};

struct Searcher {
  std::vector<Written> const& words;

  Written const* at(std::size_t i) const { return i < words.size() ? &words[i] : nullptr; }
  bool number(std::size_t i, std::size_t most = 6) const {
    return i < words.size() && words[i].digits && words[i].bare.size() <= most;
  }
  // "Maple", "do", "MAPLE"; in lower case too where all of it is.
  bool named(std::size_t i) const {
    auto const* word = at(i);
    return word && word->letters && (word->capital || word->shouted || joins.contains(word->folded)) &&
           !(stops.contains(word->folded) && !joins.contains(word->folded));
  }
  static bool ending(std::string const& folded) {
    return std::ranges::any_of(
        kEndings, [&](auto const& end) { return folded.size() > end.size() + 2 && folded.ends_with(end); });
  }
  bool cue(std::size_t from) const {
    for (auto i = from > 7 ? from - 7 : 0; i < from; ++i) {
      if (cues.contains(words[i].folded)) return true;
    }
    return false;
  }

  // "Apt. 3", "P.O. Box 12", "PSC 1, Box 2": the word behind it, or `i`.
  std::size_t unit(std::size_t i) const {
    auto const* word = at(i);
    if (!word) return i;
    if ((word->folded == "p.o" || word->folded == "po") && i + 1 < words.size() && words[i + 1].folded == "box") ++i;
    auto const from = i;
    if (!units.contains(words[i].folded)) return from;
    bool const numbered =
        number(i + 1) || (i + 1 < words.size() && words[i + 1].bare.size() <= 3 && !words[i + 1].bare.empty() &&
                          words[i + 1].bare[0] >= '0' && words[i + 1].bare[0] <= '9');
    return numbered ? i + 2 : from;
  }

  struct Core {
    std::size_t end = 0;  // the word behind it
    int signs = 0;        // what speaks for an address
  };

  // Numbers, a street's name, a number.
  Core core(std::size_t from) const {
    Core out;
    auto i = from;
    for (; i < from + 2 && number(i, 5) && !words[i].ends; ++i) ++out.signs;
    if (out.signs > 1) out.signs = 1;
    auto const name = i;
    bool street = false, capital = false;
    for (; i < words.size() && i < name + 6; ++i) {
      auto const& word = words[i];
      bool const typed = before.contains(word.folded) || behind.contains(word.folded) || ending(word.folded);
      bool const lower = word.letters && i < name + 3 && i + 1 < words.size() && out.signs > 0 &&
                         behind.contains(words[i + 1].folded) && !stops.contains(word.folded);
      if (!named(i) && !(typed && (i > name || word.capital || word.full_stop)) && !lower) break;
      if (unit(i) != i) break;
      capital = capital || word.capital || word.shouted || lower;
      street = street || ((i > name || ending(word.folded) || before.contains(word.folded)) && typed);
      bool const abbreviated = word.full_stop && typed && word.folded.size() <= 4;
      if (word.ends && !abbreviated) {
        ++i;
        break;
      }
    }
    while (i > name && joins.contains(words[i - 1].folded) && !behind.contains(words[i - 1].folded)) --i;
    if (i == name || !capital) return {};
    if (street) out.signs += 2;
    if (number(i, 5) && !words[i - 1].ends) ++i, ++out.signs;
    else if (number(i, 5) && words[i - 1].full_stop && words[i - 1].folded.size() <= 4) ++i, ++out.signs;
    if (i < words.size() && i > name && words[i - 1].digits && !words[i - 1].full_stop &&
        behind.contains(words[i].folded))
      ++i;
    out.end = i;
    return out;
  }

  // Units, towns, countries and a postcode behind it.
  std::size_t goes_on(std::size_t i) const {
    std::size_t names = 0;
    while (i < words.size() && names < 9) {
      if (auto const after = unit(i); after != i) {
        i = after;
        if (words[i - 1].full_stop && !words[i - 1].ends) break;
        continue;
      }
      auto const& word = words[i];
      if (word.bare.empty() && i + 1 < words.size() && !word.full_stop && named(i + 1)) {
        ++i;
        continue;
      }
      if (number(i, 6) && word.bare.size() >= 3) {
        if (words[i - 1].digits) break;
        return i + 1;
      }
      bool const nan = word.folded == "nan";
      if (!named(i) && !nan) break;
      ++names;
      ++i;
      auto const& back = words[i - 1];
      if (back.full_stop && !(i < words.size() && (number(i) || words[i].capital) && ends_line(i - 1))) break;
    }
    while (i > 0 && (words[i - 1].bare.empty() || (joins.contains(words[i - 1].folded) && !words[i - 1].capital))) --i;
    return i;
  }
  // A line break and no full stop.
  bool ends_line(std::size_t i) const { return words[i].line; }

  std::size_t corner(std::size_t i) const {
    if (words[i].folded != "corner" || i + 2 >= words.size() || words[i + 1].folded != "of") return i;
    auto end = core(i + 2).end;
    if (end == 0 || end + 1 >= words.size() || words[end].folded != "and") return i;
    auto const second = core(end + 1).end;
    return second ? second : i;
  }
};

}  // namespace

std::vector<Place> written_addresses(std::vector<Written> const& words) {
  Searcher const in{words};
  std::vector<Place> out;
  auto const add = [&](std::size_t first, std::size_t end) {
    std::string value;
    for (auto i = first; i < end; ++i) {
      if (!words[i].bare.empty()) value += (value.empty() ? "" : " ") + words[i].folded;
    }
    out.push_back({.value = value, .first = first, .last = end - 1});
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto end = in.corner(i);
    auto first = i;
    if (end != i && i > 0 && words[i - 1].folded == "the") --first;
    if (end == i) end = in.unit(i);
    bool const bare_unit = end != i && end - i == 2;
    if (end == i) {
      auto const core = in.core(i);
      if (core.end == 0) continue;
      bool const goes = core.end < words.size() && (in.unit(core.end) != core.end || in.goes_on(core.end) > core.end);
      auto const signs = core.signs + (goes ? 1 : 0) + (in.cue(i) ? 1 : 0);
      if (core.signs < 1 || signs < 3) continue;
      end = core.end;
    } else if (bare_unit && words[i].folded == "room") {
      continue;
    }
    end = in.goes_on(end);
    add(first, end);
    i = end - 1;
  }
  return out;
}

}  // namespace sotto::language
