#include "language/numbers/quantities.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

namespace sotto::language {
namespace {

using Numbers = std::unordered_map<std::string_view, int>;

Numbers const small = {{"zero", 0},      {"oh", 0},        {"o", 0},        {"one", 1},      {"two", 2},
                       {"three", 3},     {"four", 4},      {"five", 5},     {"six", 6},      {"seven", 7},
                       {"eight", 8},     {"nine", 9},      {"ten", 10},     {"eleven", 11},  {"twelve", 12},
                       {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17},
                       {"eighteen", 18}, {"nineteen", 19}};
Numbers const tens = {{"twenty", 20}, {"thirty", 30},  {"forty", 40},  {"fifty", 50},
                      {"sixty", 60},  {"seventy", 70}, {"eighty", 80}, {"ninety", 90}};
Numbers const ordinals = {{"first", 1},        {"second", 2},      {"third", 3},       {"fourth", 4},
                          {"fifth", 5},        {"sixth", 6},       {"seventh", 7},     {"eighth", 8},
                          {"ninth", 9},        {"tenth", 10},      {"eleventh", 11},   {"twelfth", 12},
                          {"thirteenth", 13},  {"fourteenth", 14}, {"fifteenth", 15},  {"sixteenth", 16},
                          {"seventeenth", 17}, {"eighteenth", 18}, {"nineteenth", 19}, {"twentieth", 20},
                          {"thirtieth", 30}};
Numbers const month_names = {{"january", 1},   {"jan", 1},   {"february", 2},  {"feb", 2},      {"march", 3},
                             {"mar", 3},       {"april", 4}, {"apr", 4},       {"may", 5},      {"june", 6},
                             {"jun", 6},       {"july", 7},  {"jul", 7},       {"august", 8},   {"aug", 8},
                             {"september", 9}, {"sep", 9},   {"sept", 9},      {"october", 10}, {"oct", 10},
                             {"november", 11}, {"nov", 11},  {"december", 12}, {"dec", 12}};

std::string_view word(Folded const& words, std::size_t at) {
  return at < words.size() ? std::string_view(words[at]) : std::string_view();
}

std::optional<int> look_up(Numbers const& in, std::string_view of) {
  auto const found = in.find(of);
  return found == in.end() ? std::nullopt : std::optional(found->second);
}

std::optional<long> written(std::string_view text) {
  std::string digits;
  for (auto const c : text) {
    if (c != ',') digits += c;
  }
  long value = 0;
  auto const [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failed != std::errc() || end != digits.data() + digits.size() || digits[0] == '-') return std::nullopt;
  return value;
}

struct Read {
  double value = 0;
  std::size_t words = 0;
};

Read below_hundred(Folded const& words, std::size_t at) {
  if (auto const ten = look_up(tens, word(words, at))) {
    auto const unit = look_up(small, word(words, at + 1));
    if (unit && *unit > 0 && *unit < 10) return {static_cast<double>(*ten + *unit), 2};
    return {static_cast<double>(*ten), 1};
  }
  auto const one = look_up(small, word(words, at));
  return one ? Read{static_cast<double>(*one), 1} : Read{};
}

// "forty two hundred and five", up to "nine hundred ninety nine".
Read hundreds(Folded const& words, std::size_t at) {
  auto read = below_hundred(words, at);
  if (read.words == 0 || word(words, at + read.words) != "hundred") return read;
  read = {read.value * 100, read.words + 1};
  auto const skip = word(words, at + read.words) == "and" ? 1u : 0u;
  auto const rest = below_hundred(words, at + read.words + skip);
  return rest.words ? Read{read.value + rest.value, read.words + skip + rest.words} : read;
}

Read cardinal(Folded const& words, std::size_t at) {
  static constexpr std::array<std::pair<std::string_view, double>, 4> scales = {
      {{"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}, {"trillion", 1e12}}};
  Read sum;
  double last = 1e18;
  while (true) {
    auto const skip = sum.words > 0 && word(words, at + sum.words) == "and" ? 1u : 0u;
    auto part = hundreds(words, at + sum.words + skip);
    if (part.words == 0) {
      auto const digits = written(word(words, at + sum.words + skip));
      if (!digits || sum.words > 0) return sum;
      part = {static_cast<double>(*digits), 1};
    }
    auto next = at + sum.words + skip + part.words;
    if (word(words, next) == "point" && sum.words == 0) {
      double place = 0.1;
      std::size_t digits = 0;
      for (auto digit = look_up(small, word(words, next + 1 + digits)); digit && *digit < 10;
           digit = look_up(small, word(words, next + 1 + digits))) {
        part.value += place * *digit;
        place /= 10;
        ++digits;
      }
      if (digits > 0) {
        part.words += 1 + digits;
        next += 1 + digits;
      }
    }
    auto const scale = std::ranges::find(scales, word(words, next), [](auto const& pair) { return pair.first; });
    if (scale == scales.end()) {
      if (sum.words > 0 && (last == 1 || last <= part.value)) return sum;
      return {sum.value + part.value, sum.words + skip + part.words};
    }
    if (scale->second >= last) return sum;
    last = scale->second;
    sum = {sum.value + part.value * scale->second, sum.words + skip + part.words + 1};
  }
}

struct Year {
  int year = 0;
  std::size_t words = 0;
};

// "two thousand and twelve", "twenty twelve", "nineteen oh five", "2012".
Year read_year(Folded const& words, std::size_t at) {
  if (auto const digits = written(word(words, at)); digits && *digits >= 1000 && *digits <= 2100) {
    return {static_cast<int>(*digits), 1};
  }
  if (word(words, at + 1) == "thousand") {
    auto const read = cardinal(words, at);
    if (read.value >= 1000 && read.value <= 2100) return {static_cast<int>(read.value), read.words};
    return {};
  }
  auto const century = below_hundred(words, at);
  if (century.words != 1 || century.value < 10 || century.value > 20) return {};
  auto const next = at + 1;
  if (word(words, next) == "oh" || word(words, next) == "o") {
    auto const unit = look_up(small, word(words, next + 1));
    if (unit && *unit > 0 && *unit < 10) return {static_cast<int>(century.value) * 100 + *unit, 3};
    return {};
  }
  auto const rest = below_hundred(words, next);
  if (rest.words == 0 || rest.value < 10) return {};
  return {static_cast<int>(century.value * 100 + rest.value), 1 + rest.words};
}

// "twenty fifth", "25th", "thirty", "3".
Read read_day(Folded const& words, std::size_t at) {
  if (auto const one = look_up(ordinals, word(words, at))) return {static_cast<double>(*one), 1};
  if (auto const ten = look_up(tens, word(words, at)); ten && *ten <= 30) {
    auto const unit = look_up(ordinals, word(words, at + 1));
    if (unit && *unit < 10) return {static_cast<double>(*ten + *unit), 2};
  }
  std::string digits(word(words, at));
  if (digits.size() > 2 && std::isdigit(static_cast<unsigned char>(digits[0]))) digits.resize(digits.size() - 2);
  if (auto const number = written(digits); number && *number <= 31) return {static_cast<double>(*number), 1};
  auto const said = below_hundred(words, at);
  return said.value >= 1 && said.value <= 31 ? said : Read{};
}

std::string date_text(int year, int month, int day) {
  auto const y = year > 0 ? fmt::format("{:04}", year) : std::string("-");
  return day > 0 ? fmt::format("{}-{:02}-{:02}", y, month, day) : fmt::format("{}-{:02}", y, month);
}

// "2/8/1935", "2018-02-24".
Amount written_date(std::string_view text) {
  std::array<int, 3> parts{};
  std::size_t part = 0, digits = 0;
  char mark = 0;
  for (auto const c : text) {
    if (c >= '0' && c <= '9') {
      parts[part] = parts[part] * 10 + (c - '0');
      if (++digits > 4) return {};
    } else if ((c == '/' || c == '-' || c == '.') && digits > 0 && part < 2 && (mark == 0 || mark == c)) {
      mark = c;
      ++part;
      digits = 0;
    } else {
      return {};
    }
  }
  if (part != 2 || digits == 0) return {};
  if (parts[0] > 31) std::rotate(parts.begin(), parts.begin() + 1, parts.end());
  else if (mark == '.' || parts[0] > 12) std::swap(parts[0], parts[1]);  // the day first
  if (parts[0] < 1 || parts[0] > 12 || parts[1] < 1 || parts[1] > 31) return {};
  return {date_text(parts[2] < 100 ? 2000 + parts[2] : parts[2], parts[0], parts[1]), 1};
}

}  // namespace

Amount read_cardinal(Folded const& words, std::size_t at) {
  auto const read = cardinal(words, at);
  if (read.words == 0) return {};
  auto const whole = read.value == std::floor(read.value);
  return {whole ? fmt::format("{:.0f}", read.value) : fmt::format("{:g}", read.value), read.words};
}

Amount read_date(Folded const& words, std::size_t at) {
  if (auto const date = written_date(word(words, at)); date.words) return date;
  auto start = at;
  if (word(words, start) == "the") ++start;
  if (auto const month = look_up(month_names, word(words, at))) {
    auto const year_only = read_year(words, at + 1);
    auto const day = read_day(words, at + 1);
    if (year_only.words > day.words && year_only.words > 0) {
      return {date_text(year_only.year, *month, 0), 1 + year_only.words};
    }
    if (day.words == 0) return {};
    auto const year = read_year(words, at + 1 + day.words);
    return {date_text(year.year, *month, static_cast<int>(day.value)), 1 + day.words + year.words};
  }
  auto const day = read_day(words, start);
  if (day.words == 0) return {};
  auto next = start + day.words;
  if (word(words, next) == "of") ++next;
  auto const month = look_up(month_names, word(words, next));
  if (!month) return {};
  auto const year = read_year(words, next + 1);
  return {date_text(year.year, *month, static_cast<int>(day.value)), next + 1 + year.words - at};
}

Amount read_time(Folded const& words, std::size_t at) {
  int hour = -1, minute = 0;
  std::size_t n = 0;
  auto const text = word(words, at);
  bool certain = false;
  if (auto const colon = text.find(':'); colon != std::string_view::npos) {
    auto const h = written(text.substr(0, colon)), m = written(text.substr(colon + 1, 2));
    if (!h || !m || *h > 23 || *m > 59) return {};
    hour = static_cast<int>(*h), minute = static_cast<int>(*m), n = 1;
    certain = true;
  } else if ((text == "half" || text == "quarter") && (word(words, at + 1) == "past" || word(words, at + 1) == "to")) {
    auto const h = below_hundred(words, at + 2);
    if (h.words == 0 || h.value > 12) return {};
    hour = static_cast<int>(h.value), minute = text == "half" ? 30 : 15, n = 2 + h.words;
    if (word(words, at + 1) == "to") hour = hour == 1 ? 12 : hour - 1, minute = 60 - minute;
    certain = true;
  } else if (auto const h = below_hundred(words, at); h.words == 1 && h.value >= 1 && h.value <= 12) {
    hour = static_cast<int>(h.value), n = 1;
    if (auto const m = below_hundred(words, at + 1); m.words && m.value >= 10 && m.value < 60) {
      minute = static_cast<int>(m.value), n += m.words;
    } else if (word(words, at + 1) == "oh" || word(words, at + 1) == "o") {
      if (auto const unit = below_hundred(words, at + 2); unit.words && unit.value < 10) {
        minute = static_cast<int>(unit.value), n = 3;
      }
    }
  } else if (auto const digits = written(text); digits && *digits >= 1 && *digits <= 12 && text.size() <= 2) {
    hour = static_cast<int>(*digits), n = 1;
  }
  if (hour < 0) return {};
  auto next = word(words, at + n);
  if (next == "o'clock" || next == "oclock") certain = true, ++n, next = word(words, at + n);
  auto const after = word(words, at + n + 1);
  bool const am = next == "am" || next == "a.m", pm = next == "pm" || next == "p.m";
  bool const apart = (next == "a" || next == "p") && after == "m";
  if (am || pm || apart) {
    certain = true;
    if ((pm || (apart && next == "p")) && hour < 12) hour += 12;
    if ((am || (apart && next == "a")) && hour == 12) hour = 0;
    n += apart ? 2 : 1;
  }
  auto const before = at > 0 ? word(words, at - 1) : std::string_view();
  if (!certain && !(minute > 0 && n >= 2 && (before == "at" || before == "by" || before == "until"))) return {};
  return {fmt::format("{:02}:{:02}", hour, minute), n};
}

Amount read_money(Folded const& words, std::size_t at) {
  static std::unordered_map<std::string_view, char const*> const currencies = {
      {"dollars", "USD"}, {"dollar", "USD"}, {"bucks", "USD"}, {"pounds", "GBP"}, {"pound", "GBP"}, {"quid", "GBP"},
      {"euros", "EUR"},   {"euro", "EUR"},   {"yen", "JPY"},   {"won", "KRW"},    {"yuan", "CNY"},  {"rupees", "INR"}};
  auto const text = word(words, at);
  if (text.starts_with('$') && text.size() > 1) {
    std::string digits;
    for (auto const c : text.substr(1)) {
      if ((c < '0' || c > '9') && c != '.' && c != ',') return {};
      if (c != ',') digits += c;
    }
    return {digits + " USD", 1};
  }
  auto const amount = cardinal(words, at);
  if (amount.words == 0) return {};
  auto n = amount.words;
  auto unit = word(words, at + n);
  if (unit == "united" && word(words, at + n + 1) == "states") n += 2, unit = word(words, at + n);
  if (unit == "cents" || unit == "cent") return {fmt::format("{:.2f} USD", amount.value / 100), n + 1};
  auto const currency = currencies.find(unit);
  if (currency == currencies.end()) return {};
  ++n;
  double value = amount.value;
  auto const skip = word(words, at + n) == "and" ? 1u : 0u;
  auto const cents = below_hundred(words, at + n + skip);
  auto const cent = word(words, at + n + skip + cents.words);
  static constexpr std::array<std::string_view, 6> hundredths = {"cents", "cent", "pence", "p", "paise", "paisa"};
  bool const named = std::ranges::find(hundredths, cent) != hundredths.end();
  if (cents.words && (named || (skip == 0 && cents.value >= 10 && !currencies.contains(cent)))) {
    value += cents.value / 100;
    n += skip + cents.words + (named ? 1 : 0);
  }
  bool const whole = value == std::floor(value);
  return {whole ? fmt::format("{:.0f} {}", value, currency->second) : fmt::format("{:.2f} {}", value, currency->second),
          n};
}

}  // namespace sotto::language
