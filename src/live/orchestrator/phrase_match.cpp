#include "live/orchestrator/phrase_match.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

namespace sotto::orchestrator {

namespace {

constexpr double kStemCost = 0.1;    // cancel / cancelling
constexpr double kAlikeCost = 0.45;  // contract / contrast
constexpr double kSmallCost = 0.25;  // a small word dropped, added or taken for another
constexpr double kNever = 9.0;
// What a phrase of n words may cost altogether: nothing but inflection for one word, about one misheard word in three.
double allowed(std::size_t words) { return words == 1 ? 0.2 : std::min(0.3 * static_cast<double>(words) - 0.1, 1.5); }

std::map<std::string, std::string, std::less<>> const& contractions() {
  static std::map<std::string, std::string, std::less<>> const table{
      {"i'm", "i am"},        {"i'd", "i would"},    {"i'll", "i will"},    {"i've", "i have"},
      {"can't", "can not"},   {"cannot", "can not"}, {"don't", "do not"},   {"doesn't", "does not"},
      {"won't", "will not"},  {"it's", "it is"},     {"isn't", "is not"},   {"that's", "that is"},
      {"what's", "what is"},  {"you're", "you are"}, {"we're", "we are"},   {"we'll", "we will"},
      {"you'll", "you will"}, {"let's", "let us"},   {"didn't", "did not"}, {"okay", "ok"}};
  return table;
}

bool small(std::string_view word) {
  static std::set<std::string, std::less<>> const words{
      "a",  "an",  "the",  "to",   "of",     "my",   "your", "our", "is",   "it",     "in",   "on",
      "at", "and", "for",  "i",    "you",    "we",   "am",   "are", "be",   "so",     "um",   "uh",
      "er", "oh",  "well", "just", "please", "this", "that", "me",  "with", "within", "from", "by"};
  return words.contains(word);
}

// Porter's first step, roughly: endings of inflection.
std::string stem(std::string_view word) {
  std::string out(word);
  for (std::string_view const ending : {"ings", "ing", "ed", "es", "s", "er", "ly"}) {
    if (out.size() >= ending.size() + 4 && out.ends_with(ending)) {
      out.resize(out.size() - ending.size());
      break;
    }
  }
  if (out.size() >= 5 && out[out.size() - 1] == out[out.size() - 2]) out.pop_back();  // cancelling, stopped
  if (out.size() >= 5 && out.back() == 'e') out.pop_back();                           // charge, charging
  return out;
}

std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const cost = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = std::exchange(row[j], cost);
    }
  }
  return row[b.size()];
}

double word_cost(std::string const& wanted, std::string const& heard) {
  if (wanted == heard) return 0;
  if (wanted.size() >= 4 && stem(wanted) == stem(heard)) return kStemCost;
  if (small(wanted) && small(heard)) return kSmallCost;
  auto const longest = std::max(wanted.size(), heard.size());
  auto const shortest = std::min(wanted.size(), heard.size());
  if (shortest >= 5 && edits(wanted, heard) * 4 <= longest) return kAlikeCost;
  return kNever;
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (char const c : text) {
    if (!std::isspace(static_cast<unsigned char>(c))) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, ""));
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::vector<Token> tokens(std::vector<std::string> const& words) {
  std::vector<Token> out;
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::string clean;
    for (char const c : words[at]) {
      auto const byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) || byte >= 0x80 || c == '\'') clean += static_cast<char>(std::tolower(byte));
      else if (c == '-') clean += ' ';
    }
    if (auto const known = contractions().find(clean); known != contractions().end()) clean = known->second;
    for (auto& part : split_words(clean)) {
      std::erase(part, '\'');
      if (!part.empty()) out.push_back({std::move(part), at});
    }
  }
  return out;
}

std::optional<PhraseSpan> find_phrase(std::string_view phrase, std::vector<Token> const& words) {
  auto const wanted = tokens(split_words(phrase));
  if (wanted.empty() || words.empty()) return std::nullopt;
  struct Cell {
    double cost = 0;
    std::size_t start = 0;
  };
  // Column by column: best cost of the first i wanted words ending at word j, and where it began.
  std::vector<Cell> column(wanted.size() + 1), next(wanted.size() + 1);
  for (std::size_t i = 1; i <= wanted.size(); ++i)
    column[i].cost = column[i - 1].cost + (small(wanted[i - 1].text) ? kSmallCost : kNever);
  std::optional<PhraseSpan> best;
  double best_cost = allowed(wanted.size()) + 1e-9;
  for (std::size_t j = 0; j < words.size(); ++j) {
    next[0] = {0, j + 1};
    column[0].start = j;
    for (std::size_t i = 1; i <= wanted.size(); ++i) {
      auto const replaced =
          Cell{column[i - 1].cost + word_cost(wanted[i - 1].text, words[j].text), column[i - 1].start};
      auto const added = Cell{column[i].cost + (small(words[j].text) ? kSmallCost : 0.6), column[i].start};
      auto const dropped =
          Cell{next[i - 1].cost + (small(wanted[i - 1].text) ? kSmallCost : kNever), next[i - 1].start};
      next[i] = std::min({replaced, added, dropped}, [](Cell const& a, Cell const& b) { return a.cost < b.cost; });
    }
    if (next.back().cost < best_cost && next.back().start <= j) {
      best_cost = next.back().cost;
      best = PhraseSpan{words[next.back().start].word, words[j].word + 1,
                        1.0 - best_cost / (static_cast<double>(wanted.size()) + 1)};
    }
    std::swap(column, next);
  }
  return best;
}

}  // namespace sotto::orchestrator
