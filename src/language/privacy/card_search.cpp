#include "language/privacy/card_search.h"

#include <algorithm>
#include <array>
#include <set>

namespace sotto::language {
namespace {

// More readings of one dictation than this are not tried.
constexpr std::size_t kReadingsMax = 160;
constexpr std::size_t kDigitsMin = 12, kDigitsMax = 19;

struct Cell {
  char digit = 0;
  std::size_t item = 0;
};
using Reading = std::vector<Cell>;

int prefix(std::string_view digits, std::size_t n) {
  if (digits.size() < n) return -1;
  int value = 0;
  for (auto const c : digits.substr(0, n)) value = value * 10 + (c - '0');
  return value;
}

bool within(int value, int low, int high) { return value >= low && value <= high; }

// Lengths of the network of this prefix; empty: no network's.
std::vector<std::size_t> lengths(std::string_view digits) {
  auto const two = prefix(digits, 2), three = prefix(digits, 3), four = prefix(digits, 4);
  if (digits.starts_with('4')) return {16, 19, 13};
  if (within(two, 51, 55) || within(four, 2221, 2720)) return {16};
  if (two == 34 || two == 37) return {15};
  if (within(four, 3528, 3589)) return {16};
  if (within(three, 300, 305) || three == 309 || two == 36 || two == 38 || two == 39) return {14, 16};
  if (four == 6011 || two == 65 || within(three, 644, 649)) return {16, 19};
  if (two == 62 || two == 81) return {16, 17, 18, 19};
  for (auto const maestro : {5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763}) {
    if (four == maestro) return {16, 18, 19, 12, 13, 14, 15, 17};
  }
  return {};
}

// What is left of `reading` when its last `n` digits are taken back; words that say several digits go whole.
void take_back(Reading& reading, std::size_t n) { reading.resize(reading.size() - std::min(n, reading.size())); }

// Digits from here to the next thing that is not a digit.
std::size_t group_after(std::vector<Item> const& items, std::size_t at) {
  std::size_t n = 0;
  while (at < items.size() && items[at].kind != Item::Kind::digits) ++at;
  for (; at < items.size() && items[at].kind == Item::Kind::digits; ++at) n += items[at].digits.size();
  return n;
}

std::size_t group_before(std::vector<Item> const& items, std::size_t at) {
  std::size_t n = 0;
  while (at > 0 && items[at - 1].kind == Item::Kind::filler) --at;
  for (; at > 0 && items[at - 1].kind == Item::Kind::digits; --at) n += items[at - 1].digits.size();
  return n;
}

// `apart`: "seventy eight" may be 78 or 70 8, each time anew.
void add(std::vector<Reading>& readings, Item const& item, std::size_t index, bool apart) {
  auto const before = readings.size();
  bool const both = apart && !item.apart.empty() && 2 * before <= kReadingsMax;
  for (std::size_t i = 0; i < before; ++i) {
    if (both) {
      readings.push_back(readings[i]);
      for (auto const digit : item.apart) readings.back().push_back({digit, index});
    }
    for (auto const digit : item.digits) readings[i].push_back({digit, index});
  }
}

void correct(std::vector<Reading>& readings, std::vector<Item> const& items, std::size_t at) {
  auto const after = group_after(items, at + 1), before = group_before(items, at);
  std::vector<Reading> out;
  for (auto const& reading : readings) {
    std::set<std::size_t> const counts{0, after, before, 1, 2, 3, 4, reading.size()};
    for (auto const count : counts) {
      if (count > reading.size() || out.size() >= kReadingsMax) continue;
      out.push_back(reading);
      take_back(out.back(), count);
    }
  }
  readings = std::move(out);
}

// Groups said twice in a row, once by the one who dictates and once by the one who writes, count once.
std::vector<Item> without_echo(std::vector<Item> const& items) {
  std::vector<std::vector<Item>> groups(1);
  for (auto const& item : items) {
    if (item.kind == Item::Kind::digits) groups.back().push_back(item);
    else if (!groups.back().empty()) groups.emplace_back();
  }
  std::vector<Item> out;
  std::string last;
  for (auto const& group : groups) {
    auto const digits = plain_digits(group);
    if (digits.size() >= 2 && digits == last) {
      last.clear();
      continue;
    }
    last = digits;
    out.insert(out.end(), group.begin(), group.end());
  }
  return out;
}

std::vector<Reading> readings_of(std::vector<Item> const& items, bool maybe, bool apart) {
  std::vector<Reading> readings(1);
  for (std::size_t at = 0; at < items.size(); ++at) {
    auto const& item = items[at];
    if (item.kind == Item::Kind::digits || (maybe && item.kind == Item::Kind::maybe)) add(readings, item, at, apart);
    if (item.kind == Item::Kind::correction && (at == 0 || items[at - 1].kind != Item::Kind::correction)) {
      correct(readings, items, at);
    }
  }
  return readings;
}

// How good a stretch of a reading is as a card; 0: it is none.
int worth(std::string_view digits, std::size_t before, std::size_t after, bool begins, bool ends, bool labelled) {
  if (!luhn(digits) || digits.find_first_not_of(digits[0]) == std::string_view::npos) return 0;
  auto const allowed = lengths(digits);
  auto const found = std::ranges::find(allowed, digits.size());
  bool const network = found != allowed.end();
  if (!network && !labelled) return 0;
  bool const natural = network && found == allowed.begin();
  if (!natural && before + after > 0) return 0;
  if (!labelled && ((before > 4 && !begins) || after > 12)) return 0;
  return 1 +
         (natural   ? 400
          : network ? 200
                    : 0) +
         (begins || before == 0 ? 80 : 0) + (ends ? 80 : 0) + (before == 0 ? 20 : 0) + (after == 0 ? 20 : 0) +
         static_cast<int>(digits.size());
}

}  // namespace

bool issued(std::string_view digits) {
  auto const allowed = lengths(digits);
  return std::ranges::find(allowed, digits.size()) != allowed.end();
}

std::size_t natural_length(std::string_view head) {
  auto const allowed = lengths(head);
  return allowed.empty() ? 16 : allowed.front();
}

bool may_become_card(std::string_view head) {
  if (head.empty()) return false;
  auto const longest = [](std::string_view digits) {
    auto const allowed = lengths(digits);
    return allowed.empty() ? 0 : allowed.front();
  };
  if (head.size() >= 4) return longest(head) > head.size();
  // Few digits: any that a network's prefix begins with.
  return std::string_view("23456").contains(head[0]);
}

std::string plain_digits(std::vector<Item> const& items) {
  std::string out;
  for (auto const& item : items) {
    if (item.kind == Item::Kind::digits) out += item.digits;
  }
  return out;
}

std::optional<CardFound> find_card(std::vector<Item> const& items, bool labelled, bool elsewhere) {
  CardFound best;
  int best_worth = 0;
  bool const corrected = std::ranges::find(items, Item::Kind::correction, &Item::kind) != items.end();
  auto const look = [&](std::vector<Item> const& said, Reading const& reading, bool plain) {
    std::string digits;
    for (auto const& cell : reading) digits += cell.digit;
    auto const edge = [&](std::size_t at) {
      return at == 0 || at == reading.size() || reading[at].item != reading[at - 1].item;
    };
    for (std::size_t from = 0; from + kDigitsMin <= digits.size(); ++from) {
      if (!edge(from)) continue;
      for (auto n = kDigitsMin; n <= kDigitsMax && from + n <= digits.size(); ++n) {
        if (!edge(from + n)) continue;
        auto const part = std::string_view(digits).substr(from, n);
        auto const after = digits.size() - from - n;
        // With corrections some reading of almost any length is right by chance.
        if (corrected && natural_length(part) != n) continue;
        bool const ends = after == 0 || said[reading[from + n].item].begins;
        auto const value = worth(part, from, after, said[reading[from].item].begins, ends, labelled);
        if (value <= best_worth) continue;
        best_worth = value;
        best = {std::string(part), said[reading[from].item].first, said[reading[from + n - 1].item].last,
                plain && !corrected && ends && value > 400};
      }
    }
  };
  auto const all = [&](std::vector<Item> const& said) {
    for (bool const maybe : {false, true}) {
      for (bool const apart : {false, true}) {
        if (elsewhere && (apart || maybe)) continue;
        if (apart && std::ranges::all_of(said, [](Item const& item) { return item.apart.empty(); })) continue;
        for (auto const& reading : readings_of(said, maybe, apart)) look(said, reading, !maybe && !apart);
        if (best_worth > 570) return;
      }
    }
  };
  all(items);
  if (best_worth == 0) all(without_echo(items));
  if (best_worth == 0) return std::nullopt;
  return best;
}

}  // namespace sotto::language
