#include "knowledge/articles/article_lint.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "knowledge/retrieval.h"

namespace sotto::knowledge {

namespace {

constexpr std::size_t kMost = 200;
constexpr double kSameText = 0.6, kSameSentence = 0.7;  // shared terms of all terms
constexpr auto kSoon = std::chrono::days(30);
// A term of this many passages says nothing about which belong together.
constexpr std::size_t kCommon = 50;

using Terms = std::set<std::string>;

bool is_digits(std::string const& term) { return std::isdigit(static_cast<unsigned char>(term.front())) != 0; }

// "twelve" -> 12; 0: no number. As terms() leaves them: "hundred" has lost its ending.
int number_of(std::string const& term) {
  static std::unordered_map<std::string_view, int> const known{
      {"one", 1},       {"two", 2},       {"three", 3},    {"four", 4},     {"five", 5},       {"six", 6},
      {"seven", 7},     {"eight", 8},     {"nine", 9},     {"ten", 10},     {"eleven", 11},    {"twelve", 12},
      {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17}, {"eighteen", 18},
      {"nineteen", 19}, {"twenty", 20},   {"thirty", 30},  {"forty", 40},   {"fifty", 50},     {"sixty", 60},
      {"seventy", 70},  {"eighty", 80},   {"ninety", 90},  {"hundr", 100},  {"hundred", 100},  {"thousand", 1000}};
  auto const found = known.find(term);
  return found == known.end() ? 0 : found->second;
}

// "twenty five" is 25, "two hundred five" 205; "five, ten" are two numbers.
bool goes_on(int number, int next) {
  if (next >= 100) return number < next;
  return number >= 100 ? number % 100 == 0 : number >= 20 && number % 10 == 0 && next < 10;
}

// Terms without numbers, and the numbers alone, in digits.
std::pair<Terms, Terms> terms_of(std::string_view text) {
  std::pair<Terms, Terms> out;
  int number = 0;  // in words, so far
  auto const flush = [&] {
    if (number > 0) out.second.insert(std::to_string(number));
    number = 0;
  };
  for (auto& term : terms(text)) {
    auto const next = number_of(term);
    if (number > 0 && !(next > 0 && goes_on(number, next))) flush();
    if (next >= 100 && number > 0) number *= next;
    else if (next > 0) number += next;
    else (is_digits(term) ? out.second : out.first).insert(std::move(term));
  }
  flush();
  return out;
}

double alike(Terms const& a, Terms const& b) {
  if (a.empty() || b.empty()) return 0;
  auto const both = std::ranges::count_if(a, [&](auto const& term) { return b.contains(term); });
  return static_cast<double>(both) / static_cast<double>(a.size() + b.size() - static_cast<std::size_t>(both));
}

// "No", "not.", "can't": in any case, whatever stands beside them.
bool negates(std::string_view text) {
  std::string padded = " ";
  for (unsigned char const c : text)
    padded += std::isalnum(c) != 0 || c == '\'' || c >= 0x80 ? static_cast<char>(std::tolower(c)) : ' ';
  padded += ' ';
  return std::ranges::any_of(
      std::initializer_list<char const*>{" not ", " no ", " never ", " cannot ", "n't ", "n’t ", " nobody ", " none "},
      [&](char const* word) { return padded.find(word) != std::string::npos; });
}

struct Known {
  Passage const* passage = nullptr;
  Terms words, numbers;
  std::vector<std::pair<Terms, Terms>> sentences;
};

std::string place(Passage const& passage) {
  return fmt::format("{}:{} \"{}\"", passage.file, passage.line, passage.heading);
}

bool differ(Terms const& numbers, Terms const& others) {
  return !numbers.empty() && !others.empty() && numbers != others;
}

std::string against(std::string_view one, std::string_view two) {
  return fmt::format("\"{}\" against \"{}\"", first_words(one, 14), first_words(two, 14));
}

// Two sentences with the same words that differ in a number, or in a "not".
bool contradict(Known const& a, Known const& b, std::string& why) {
  for (std::size_t i = 0; i < a.sentences.size(); ++i) {
    for (std::size_t j = 0; j < b.sentences.size(); ++j) {
      auto const& [words, numbers] = a.sentences[i];
      auto const& [others, other_numbers] = b.sentences[j];
      if (words.size() < 3 || alike(words, others) < kSameSentence) continue;
      auto const& one = a.passage->sentences[i].text;
      auto const& two = b.passage->sentences[j].text;
      if (!differ(numbers, other_numbers) && negates(one) == negates(two)) continue;
      why = against(one, two);
      return true;
    }
  }
  return false;
}

// Each has a number that the other lacks; or of two sentences one says "not".
bool contradict_as_wholes(Known const& a, Known const& b) {
  if (!std::ranges::includes(a.numbers, b.numbers) && !std::ranges::includes(b.numbers, a.numbers)) return true;
  return a.sentences.size() == 1 && b.sentences.size() == 1 && negates(a.passage->text) != negates(b.passage->text);
}

void outdated(Passage const& passage, Day today, std::vector<ArticleProblem>& out) {
  if (!passage.valid_until) return;
  if (*passage.valid_until < today)
    out.push_back({passage.file, passage.line,
                   fmt::format("outdated: valid until {}; it no longer answers", to_text(*passage.valid_until))});
  else if (*passage.valid_until - today < kSoon)
    out.push_back(
        {passage.file, passage.line, fmt::format("outdated soon: valid until {}", to_text(*passage.valid_until))});
}

bool overlap_in_time(Passage const& a, Passage const& b) {
  return !(a.valid_until && b.valid_from && *a.valid_until < *b.valid_from) &&
         !(b.valid_until && a.valid_from && *b.valid_until < *a.valid_from);
}

}  // namespace

std::vector<ArticleProblem> lint(std::vector<Passage> const& passages, Day today) {
  std::vector<ArticleProblem> out;
  std::vector<Known> known;
  std::unordered_map<std::string, std::vector<std::size_t>> holding;
  for (auto const& passage : passages) {
    if (known.empty() || known.back().passage->file != passage.file) outdated(passage, today, out);
    auto [words, numbers] = terms_of(passage.text);
    auto& entry = known.emplace_back(
        Known{.passage = &passage, .words = std::move(words), .numbers = std::move(numbers), .sentences = {}});
    for (auto const& sentence : passage.sentences) entry.sentences.push_back(terms_of(sentence.text));
    for (auto const& word : entry.words) holding[word].push_back(known.size() - 1);
  }
  for (std::size_t i = 0; i < known.size() && out.size() < kMost; ++i) {
    std::set<std::size_t> others;  // later passages that share a rare enough term
    for (auto const& word : known[i].words) {
      auto const& list = holding[word];
      if (list.size() > kCommon) continue;
      others.insert(std::ranges::upper_bound(list, i), list.end());
    }
    for (auto const j : others) {
      auto const &a = *known[i].passage, &b = *known[j].passage;
      if (!overlap_in_time(a, b)) continue;
      std::string why;
      bool const same = alike(known[i].words, known[j].words) >= kSameText;
      bool contradicting = contradict(known[i], known[j], why);
      // "Keep one" is no advice where they say different things in sentences too short to be told alone.
      if (!contradicting && same && contradict_as_wholes(known[i], known[j])) {
        contradicting = true;
        why = against(a.text, b.text);
      }
      if (contradicting) out.push_back({b.file, b.line, fmt::format("contradicting: {}: {}", place(a), why)});
      else if (same) out.push_back({b.file, b.line, fmt::format("overlapping: says what {} says; keep one", place(a))});
    }
  }
  return out;
}

}  // namespace sotto::knowledge
