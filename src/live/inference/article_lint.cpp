#include "live/inference/article_lint.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "live/inference/retrieval.h"

namespace sotto::inference {

namespace {

constexpr std::size_t kMost = 200;
constexpr double kSameText = 0.6, kSameSentence = 0.7;  // shared terms of all terms
constexpr auto kSoon = std::chrono::days(30);
// A term of this many passages says nothing about which belong together.
constexpr std::size_t kCommon = 50;

using Terms = std::set<std::string>;

bool is_number(std::string const& term) { return std::isdigit(static_cast<unsigned char>(term.front())) != 0; }

// Terms without numbers, and the numbers alone.
std::pair<Terms, Terms> terms_of(std::string_view text) {
  std::pair<Terms, Terms> out;
  for (auto& term : terms(text)) (is_number(term) ? out.second : out.first).insert(std::move(term));
  return out;
}

double alike(Terms const& a, Terms const& b) {
  if (a.empty() || b.empty()) return 0;
  auto const both = std::ranges::count_if(a, [&](auto const& term) { return b.contains(term); });
  return static_cast<double>(both) / static_cast<double>(a.size() + b.size() - static_cast<std::size_t>(both));
}

bool negates(std::string_view text) {
  std::string const padded = " " + std::string(text) + " ";
  return std::ranges::any_of(std::initializer_list<char const*>{" not ", " no ", " never ", " cannot ", "n't "},
                             [&](char const* word) { return padded.find(word) != std::string::npos; });
}

struct Known {
  Passage const* passage = nullptr;
  Terms words;
  std::vector<std::pair<Terms, Terms>> sentences;
};

std::string place(Passage const& passage) {
  return fmt::format("{}:{} \"{}\"", passage.file, passage.line, passage.heading);
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
      bool const other_number = !numbers.empty() && !other_numbers.empty() && numbers != other_numbers;
      if (!other_number && negates(one) == negates(two)) continue;
      why = fmt::format("\"{}\" against \"{}\"", first_words(one, 14), first_words(two, 14));
      return true;
    }
  }
  return false;
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
    auto& entry =
        known.emplace_back(Known{.passage = &passage, .words = terms_of(passage.text).first, .sentences = {}});
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
      if (contradict(known[i], known[j], why))
        out.push_back({b.file, b.line, fmt::format("contradicting: {}: {}", place(a), why)});
      else if (alike(known[i].words, known[j].words) >= kSameText)
        out.push_back({b.file, b.line, fmt::format("overlapping: says what {} says; keep one", place(a))});
    }
  }
  return out;
}

}  // namespace sotto::inference
