#include "knowledge/names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "base/unicode.h"

namespace sotto::knowledge {
namespace {

// The list of the sentence encoder has some 1,000 marks and letters before its words: 9,000 words are those that
// anybody uses, and that a recogniser has heard.
constexpr std::size_t kCommon = 10'000;
constexpr std::size_t kLettersMin = 3, kWordsOfName = 3;

struct Word {
  std::string text, small;
  bool capital = false;  // the first letter, and not all of them
  bool plain = false;    // no capital, no digit
  bool begins = false;   // a sentence
  bool joined = false;   // nothing but a blank lies between it and the one before
};

Word word_of(std::string_view piece) {
  Word out;
  bool capital = false, small = false, digit = false, first_capital = false;
  std::size_t from = std::string_view::npos, past = 0;
  for (std::size_t at = 0; at < piece.size();) {
    auto const begin = at;
    auto const folded = language::letter_at(piece, at);
    if (folded.empty()) continue;
    bool const is_digit = folded[0] >= '0' && folded[0] <= '9';
    bool const is_capital = !is_digit && folded != piece.substr(begin, at - begin);
    if (from == std::string_view::npos) {
      from = begin;
      first_capital = is_capital;
    }
    past = at;
    digit |= is_digit;
    capital |= is_capital;
    small |= !is_digit && !is_capital;
  }
  if (from == std::string_view::npos) return out;
  out.text = piece.substr(from, past - from);
  for (std::string_view const owner : {"'s", "\xe2\x80\x99s"}) {
    if (out.text.ends_with(owner)) out.text.resize(out.text.size() - owner.size());
  }
  for (std::size_t at = 0; at < out.text.size();) {
    auto const begin = at;
    auto const folded = language::letter_at(out.text, at);
    out.small += folded.empty() ? out.text.substr(begin, at - begin) : folded;
  }
  out.capital = first_capital && small && !digit && out.small.size() >= kLettersMin;
  out.plain = !capital && !digit;
  return out;
}

bool ends_sentence(std::string_view piece) {
  return !piece.empty() && std::string_view(".:!?").find(piece.back()) != std::string_view::npos;
}

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> out;
  bool begins = true, joined = false;
  while (!text.empty()) {
    auto const end = std::min(text.find_first_of(" \t\n"), text.size());
    auto const piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (piece.empty()) continue;
    auto word = word_of(piece);
    if (word.text.empty()) {
      joined = false;
      continue;
    }
    word.begins = begins;
    word.joined = joined && piece.starts_with(word.text);
    begins = ends_sentence(piece);
    joined = piece.ends_with(word.text);
    out.push_back(std::move(word));
  }
  return out;
}

// Whether a stem with one of these endings makes the word.
template <typename IsStem>
bool is_made_with(std::string_view word, std::span<std::string_view const> endings, IsStem is_stem) {
  return std::ranges::any_of(endings, [&](std::string_view ending) {
    return word.ends_with(ending) && is_stem(word.substr(0, word.size() - ending.size()));
  });
}

// "Dishwashers" is no name where "dishwash" or "dishwasher" is a word.
bool is_form_of_known(std::string_view word, WordRank const& rank) {
  static constexpr auto kEndings = std::to_array<std::string_view>(
      {"s", "es", "d", "ed", "r", "er", "ers", "ing", "ly", "able", "al", "ment", "ness", "ion", "ions"});
  static constexpr auto kBeginnings = std::to_array<std::string_view>({"un", "re", "non", "pre", "over"});
  auto const known = [&](std::string_view stem) {
    return stem.size() >= kLettersMin && (rank(stem) || rank(std::string(stem) + "e"));
  };
  return is_made_with(word, kEndings, known) || std::ranges::any_of(kBeginnings, [&](std::string_view beginning) {
           return word.starts_with(beginning) && known(word.substr(beginning.size()));
         });
}

// "Saturdays" and "Cancelling" stand with a capital in headings of tables, and are the words of every day all the same.
bool is_inflected_common_word(std::string_view word, WordRank const& rank) {
  static constexpr auto kPlural = std::to_array<std::string_view>({"s", "es"});
  static constexpr auto kGoingOn = std::to_array<std::string_view>({"ing"});
  auto const common = [&](std::string_view stem) {
    auto const place = stem.size() >= kLettersMin ? rank(stem) : std::nullopt;
    return place && *place < kCommon;
  };
  auto const common_verb = [&](std::string_view stem) {
    bool const doubled = stem.size() > 1 && stem.back() == stem[stem.size() - 2];
    return common(stem) || common(std::string(stem) + "e") || (doubled && common(stem.substr(0, stem.size() - 1)));
  };
  return is_made_with(word, kPlural, common) || is_made_with(word, kGoingOn, common_verb);
}

struct Seen {
  std::size_t inside = 0, first = 0;  // with a capital
  bool in_title = false;

  std::size_t times() const { return inside + first; }
};

// All texts of the articles, each once.
template <typename Visit>
void each_text(std::vector<Passage> const& passages, Visit visit) {
  std::set<std::pair<std::string, std::string>> titles;
  for (auto const& passage : passages) {
    if (titles.emplace(passage.file, passage.title).second) visit(words_of(passage.title), true);
    if (passage.heading != passage.title) visit(words_of(passage.heading), true);
    for (auto const& sentence : passage.sentences) visit(words_of(sentence.compared()), false);
  }
}

}  // namespace

std::vector<std::string> names_in(std::vector<Passage> const& passages, WordRank const& rank, std::size_t most) {
  std::map<std::string, std::size_t> plain;
  std::map<std::string, Seen> capitals;  // by the word as it is written
  each_text(passages, [&](std::vector<Word> const& words, bool title) {
    for (auto const& word : words) {
      if (word.plain) ++plain[word.small];
      if (!word.capital) continue;
      auto& seen = capitals[word.text];
      ++(word.begins ? seen.first : seen.inside);
      seen.in_title |= title;
    }
  });
  auto const is_name = [&](Word const& word) {
    auto const seen = capitals.find(word.text);
    if (!word.capital || seen == capitals.end()) return false;
    auto const small = plain.find(word.small);
    auto const without = small == plain.end() ? 0 : small->second;
    auto const place = rank(word.small);
    if (place ? without > 0 : seen->second.times() <= 2 * without) return false;  // a slip is not held against a name
    if (is_inflected_common_word(word.small, rank)) return false;
    if (place) return *place >= kCommon && seen->second.inside > 0;
    return seen->second.inside > 0 || !is_form_of_known(word.small, rank);
  };
  std::map<std::string, Seen> names;
  each_text(passages, [&](std::vector<Word> const& words, bool title) {
    for (std::size_t at = 0; at < words.size(); ++at) {
      if (!is_name(words[at])) continue;
      std::string term;
      for (std::size_t next = at; next < std::min(words.size(), at + kWordsOfName); ++next) {
        if (next > at && (!words[next].joined || !words[next].capital)) break;
        term += (next > at ? " " : "") + words[next].text;
        auto& seen = names[term];
        ++seen.inside;
        seen.in_title |= title;
      }
    }
  });
  std::vector<std::pair<std::string, Seen>> found(names.begin(), names.end());
  std::ranges::sort(found, {}, [](auto const& one) {
    return std::tuple(!one.second.in_title, -static_cast<std::int64_t>(one.second.times()),
                      std::string_view(one.first));
  });
  std::vector<std::string> out;
  for (auto& [term, seen] : found) {
    if (out.size() < most) out.push_back(std::move(term));
  }
  return out;
}

}  // namespace sotto::knowledge
