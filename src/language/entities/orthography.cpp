#include "language/entities/orthography.h"

#include <algorithm>
#include <cctype>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "language/numbers/spoken.h"

namespace sotto::language {
namespace {

Written read_one(std::string const& word) {
  auto const size = static_cast<std::int32_t>(word.size());
  Written out;
  std::int32_t first = size, end = 0, upper = 0, lower = 0, numbers = 0, others = 0;
  bool first_upper = false;
  for (std::int32_t at = 0, from = 0; at < size; from = at) {
    UChar32 point = 0;
    U8_NEXT_OR_FFFD(word.data(), at, size, point);
    if (!u_isalnum(point)) continue;
    if (first == size) first_upper = u_isupper(point) || u_istitle(point);
    first = std::min(first, from);
    end = at;
  }
  if (end == 0) {
    out.ends = out.full_stop = word.find_first_of(".?!\n") != std::string::npos;
    out.ends = out.ends || word.find_first_of(",:;-") != std::string::npos;
    return out;
  }
  out.opens = word.substr(0, static_cast<std::size_t>(first)).find_first_of("(\"'[>") != std::string::npos;
  out.bare = word.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
  auto const behind = word.substr(static_cast<std::size_t>(end));
  if (out.bare.ends_with("'s")) {
    out.possessive = out.ends = true;
    out.bare.resize(out.bare.size() - 2);
  }
  auto const length = static_cast<std::int32_t>(out.bare.size());
  for (std::int32_t at = 0; at < length;) {
    UChar32 point = 0;
    U8_NEXT_OR_FFFD(out.bare.data(), at, length, point);
    if (u_isdigit(point)) ++numbers;
    else if (u_isalpha(point)) ++(u_isupper(point) ? upper : lower);
    else if (point != '\'' && point != '-') ++others;
  }
  out.folded = fold(out.bare);
  out.letters = numbers == 0 && others == 0 && upper + lower > 0;
  out.digits = numbers > 0 && upper + lower + others == 0 && out.bare.find('-') == std::string::npos;
  out.shouted = upper > 1 && lower == 0;
  out.capital = first_upper && !out.shouted;
  bool const initial = out.letters && upper + lower == 1;
  auto const stop = behind.find('.') != std::string::npos && !initial;
  out.dotted = behind.starts_with('.');
  out.line = behind.find('\n') != std::string::npos;
  out.full_stop = stop || behind.find_first_of("?!\n") != std::string::npos;
  out.ends = out.ends || out.full_stop || behind.find_first_of(",:;)\"-") != std::string::npos;
  return out;
}

struct Number {
  std::vector<std::size_t> groups;
  std::string digits;
  std::string marks;  // "+(-."
  bool over = false;  // an extension or letters behind it
  bool good = false;
};

// One word as a part of a number: digits with marks, "x45" behind, "-Office" behind.
Number read_number(std::string const& word) {
  Number out;
  std::size_t group = 0, i = 0;
  for (; i < word.size(); ++i) {
    auto const c = word[i];
    if (c >= '0' && c <= '9') {
      out.digits += c;
      ++group;
      continue;
    }
    if (group > 0) out.groups.push_back(group), group = 0;
    if (c == '+' || c == '(' || c == ')' || c == '-' || c == '.' || c == '/') out.marks += c;
    else break;
  }
  if (group > 0) out.groups.push_back(group);
  if (i < word.size()) {
    bool const extension = word[i] == 'x' && i + 1 < word.size() &&
                           std::ranges::all_of(word.substr(i + 1), [](char c) { return !std::isalpha(c & 0x7f); });
    bool const tail = i > 0 && word[i - 1] == '-' && std::isalpha(static_cast<unsigned char>(word[i]));
    bool const stop = word.find_first_not_of(",;:?!)\"\n", i) == std::string::npos;
    if (!extension && !tail && !stop) return {};
    out.over = true;
  }
  auto const back = word.back();
  out.over = out.over || back == '.' || back == '-';
  out.good = !out.digits.empty();
  return out;
}

bool phone_shape(std::vector<Number> const& parts) {
  std::string marks, digits;
  std::vector<std::size_t> groups;
  for (auto const& part : parts) {
    marks += part.marks;
    digits += part.digits;
    groups.insert(groups.end(), part.groups.begin(), part.groups.end());
  }
  auto const has = [&](char c) { return marks.find(c) != std::string::npos; };
  if (digits.size() < 7 || digits.size() > 15 || has('/')) return false;
  if (has('+')) return marks[0] == '+' && digits.size() >= 8;
  bool const one_word = parts.size() == 1;
  if (one_word && groups == std::vector<std::size_t>{3, 2, 4}) return false;  // a social security number
  if (one_word && groups.size() == 4 && std::ranges::count(marks, '.') >= 3 && digits[0] != '0')
    return false;  // of a host
  if (one_word && groups.size() == 3 && (groups[0] == 4 || groups[2] == 4) && groups[1] <= 2) return false;  // a date
  if (groups.size() < 2 || groups.size() > 6) return false;
  if (has('(')) return true;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] < 2 || groups[i] > 4 + (i == 0 || (i == 1 && one_word) ? 1u : 0u)) return false;
  }
  if (groups.size() == 2) return groups[1] == 4 && (groups[0] == 3 || groups[0] == 4);
  return digits.size() >= 8;
}

}  // namespace

std::vector<Written> read_written(std::vector<std::string> const& words) {
  std::vector<Written> out;
  for (auto const& word : words) out.push_back(read_one(word));
  return out;
}

std::vector<Place> written_phones(std::vector<std::string> const& words, std::vector<bool> const& taken) {
  std::vector<Place> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::vector<Number> parts;
    std::size_t best = 0;
    for (auto j = i; j < words.size() && parts.size() < 6 && !taken[j]; ++j) {
      auto const part = read_number(words[j]);
      if (!part.good || (j > i && part.marks.starts_with('+'))) break;
      parts.push_back(part);
      if (phone_shape(parts)) best = parts.size();
      if (part.over) break;
    }
    if (best == 0) continue;
    std::string value = words[i].starts_with('+') ? "+" : "";
    for (std::size_t j = 0; j < best; ++j) value += parts[j].digits;
    out.push_back({.value = value, .first = i, .last = i + best - 1});
    i += best - 1;
  }
  return out;
}

}  // namespace sotto::language
