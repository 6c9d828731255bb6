#include "knowledge/row_keys.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include <re2/re2.h>

#include "base/unicode.h"
#include "knowledge/articles/raised_text.h"
#include "knowledge/retrieval.h"

namespace sotto::knowledge {

namespace {

constexpr std::size_t kNameWords = 8;  // of a key; longer is a text
constexpr double kMost = std::numeric_limits<double>::infinity();

using Words = std::vector<std::string>;

bool is_part(unsigned char c) { return std::isalnum(c) != 0 || c >= 0x80; }

// As written.
Words words_of(std::string_view text) {
  Words out;
  std::string word;
  for (char const c : language::plain(text) + " ") {
    if (is_part(static_cast<unsigned char>(c))) word += c;
    else if (!word.empty()) out.push_back(std::exchange(word, ""));
  }
  return out;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// "kg", "KGs", "kg." alike; and what is shortened: "kg" is "kilograms".
bool is_same_unit(std::string_view key, std::string_view said) {
  auto const bare = [](std::string_view word) {
    if (word.size() > 2 && word.ends_with('S')) word.remove_suffix(1);
    return word;
  };
  key = bare(key), said = bare(said);
  if (key == said) return true;
  if (key.size() > 3 || key.size() < 2 || said.size() < 5 || key.front() != said.front()) return false;
  std::size_t at = 0;
  for (char const c : said) at += at < key.size() && key[at] == c ? 1 : 0;
  return at == key.size();
}

struct Amount {
  double from = 0, to = 0;
  std::string unit;
};

double value_of(std::string text) {
  if (auto const comma = text.find(','); comma != std::string::npos && text.size() - comma == 4) text.erase(comma, 1);
  std::ranges::replace(text, ',', '.');
  double value = 0;
  for (std::size_t i = 0, past = 0; i < text.size(); ++i) {
    if (text[i] == '.') past = 1;
    else if (past == 0) value = 10 * value + (text[i] - '0');
    else value += (text[i] - '0') / std::pow(10.0, static_cast<double>(past++));
  }
  return value;
}

std::optional<Amount> amount_of(std::string_view key) {
  // "[over|zone] 5 [kg] [to 10|+] [kg ...]".
  static std::string const number = R"([£$€]?(\d{1,9}(?:[.,]\d{1,3})?))";
  static re2::RE2 const known(
      R"((?i)^(?:(up to|under|below|less than|max\.?|until|<=?|over|above|more than|from|at least|min\.?|>=?) ?|)"
      R"(([a-z]{3,})s? )?(?:between )?)" +
      number + R"((?: ?([a-z]+)\b)?(?: ?(?:-|to|and|until|up to) ?)" + number +
      R"()?(\+| and (?:more|over|up))?(?: ?([a-z]+)\b.*)?$)");
  std::string bound, before, from, first_unit, to, more, unit;
  auto const text = language::plain(key);
  if (!re2::RE2::FullMatch(text, known, &bound, &before, &from, &first_unit, &to, &more, &unit)) return std::nullopt;
  Amount out{.from = value_of(from), .to = value_of(to.empty() ? from : to), .unit = upper(unit)};
  if (out.unit.empty()) out.unit = upper(first_unit.empty() ? before : first_unit);
  if (out.unit.size() < 2) return std::nullopt;
  auto const sign = bound.empty() ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(bound.front())));
  bool const least = bound.starts_with(">") || sign == 'o' || sign == 'a' || sign == 'f' ||
                     upper(bound) == "MORE THAN" || upper(bound).starts_with("MIN");
  if (!more.empty() || (least && to.empty())) out.to = kMost;
  else if (!bound.empty() && to.empty()) out.from = 0;
  return out;
}

struct Said {
  double value = 0;
  std::string const* unit = nullptr;  // beside it
};

// Each number with the word before it and the one behind it: "the 27th of December".
std::vector<Said> amounts_in(Words const& words) {
  std::vector<Said> out;
  auto const is_number = [](std::string const& word) {
    return !word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) != 0;
  };
  auto const skipped = [](std::string const& word) {
    static std::set<std::string_view> const known{"ST", "ND", "RD", "TH", "OF", "THE"};
    return known.contains(word);
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!is_number(words[i])) continue;
    auto const value = value_of(words[i]);
    auto past = i + 1;
    while (past < words.size() && skipped(words[past])) ++past;
    if (past < words.size() && !is_number(words[past])) out.push_back({value, &words[past]});
    auto before = i;
    while (before > 0 && skipped(words[before - 1])) --before;
    if (before > 0 && !is_number(words[before - 1])) out.push_back({value, &words[before - 1]});
  }
  return out;
}

// "7.5", "KG": numbers and words apart.
Words numbers_and_words(std::string_view text) {
  static re2::RE2 const known(R"((\d+(?:[.,]\d+)?|[A-Za-z]+))");
  auto const plain = language::plain(text);
  re2::StringPiece rest(plain);
  Words out;
  for (std::string one; re2::RE2::FindAndConsume(&rest, known, &one);) out.push_back(upper(one));
  return out;
}

struct Place {
  std::size_t from = 0, past = 0;
  auto operator<=>(Place const&) const = default;
};

// Where `part` stands in `whole`.
std::vector<Place> places_of(Words const& part, Words const& whole) {
  std::vector<Place> out;
  for (auto at = whole.begin();; ++at) {
    auto const found = std::search(at, whole.end(), part.begin(), part.end());
    if (found == whole.end()) return out;
    auto const from = static_cast<std::size_t>(found - whole.begin());
    out.push_back({from, from + part.size()});
    at = found;
  }
}

bool says_something(Words const& words) {
  std::string text;
  for (auto const& word : words) text += word + " ";
  return !words.empty() && words.size() <= kNameWords && !terms(text).empty();
}

}  // namespace

std::vector<std::string> key_words(std::string_view text) {
  auto out = words_of(without_mark(text));
  for (auto& word : out) word = upper(std::move(word));
  return out;
}

std::vector<std::size_t> rows_by_name(Passage const& passage, std::vector<std::size_t> const& rows,
                                      std::string_view question) {
  auto const said = key_words(question);
  struct Match {
    std::size_t row = 0;
    Place at;
  };
  std::vector<Match> matches;
  std::set<std::string> of_keys;  // words that say something, of all keys
  for (auto const row : rows) {
    auto const key = key_words(passage.sentences[row].key);
    if (!says_something(key)) continue;
    for (auto const& place : places_of(key, said)) matches.push_back({row, place});
    for (auto const& word : key) {
      if (word.size() > 1 && !terms(word).empty()) of_keys.insert(word);
    }
  }
  // Each once: many rows may have the same key.
  std::set<Place> places, longest;
  for (auto const& match : matches) places.insert(match.at);
  std::vector<bool> covered(said.size(), false);
  for (auto const& place : places) {
    auto const around = [&](Place const& other) {
      return other != place && other.from <= place.from && other.past >= place.past;
    };
    if (std::ranges::any_of(places, around)) continue;
    longest.insert(place);
    for (auto i = place.from; i < place.past; ++i) covered[i] = true;
  }
  std::vector<std::size_t> out;
  for (auto const& [row, at] : matches) {
    if (!longest.contains(at)) continue;
    auto const stray = [&](std::size_t i) { return i < said.size() && !covered[i] && of_keys.contains(said[i]); };
    if (!(at.from > 0 && stray(at.from - 1)) && !stray(at.past)) out.push_back(row);
  }
  std::ranges::sort(out);
  auto const again = std::ranges::unique(out);
  out.erase(again.begin(), again.end());
  return out;
}

bool is_other_name(std::string const& key, std::string_view question, std::set<std::string> const& known) {
  auto const written = words_of(without_mark(key));
  bool const name =
      written.size() > 1 && written.size() <= kNameWords && std::ranges::all_of(written, [](std::string const& word) {
        return std::islower(static_cast<unsigned char>(word.front())) == 0;
      });
  if (!name) return false;
  auto const key_said = key_words(key), said = key_words(question);
  auto const asked = words_of(question);
  auto const is_said = [&](std::string const& word) { return std::ranges::find(said, word) != said.end(); };
  auto const count = static_cast<std::size_t>(std::ranges::count_if(key_said, is_said));
  if (count == 0 || count == key_said.size()) return false;
  auto const is_capital = [&](std::size_t i) {
    return i > 0 && std::isupper(static_cast<unsigned char>(asked[i].front())) != 0;
  };
  bool any_capital = false;
  for (std::size_t i = 0; i < asked.size(); ++i) any_capital = any_capital || (is_capital(i) && asked[i].size() > 1);
  // In its place stands a word that no article has: a name, as its capital says, or more than half of the key is
  // missing.
  auto const replaced = [&](std::size_t at, std::string const& missing) {
    if (at >= said.size() || is_said(missing)) return false;
    auto const of_word = terms(said[at]);
    if (of_word.empty() || known.contains(of_word.front())) return false;
    if (said[at].size() > 3 && missing.starts_with(said[at].substr(0, 4))) return false;
    return is_capital(at) || (!any_capital && 2 * count <= key_said.size());
  };
  for (std::size_t k = 0; k < key_said.size(); ++k) {
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (said[i] != key_said[k]) continue;
      if (k + 1 < key_said.size() && replaced(i + 1, key_said[k + 1])) return true;
      if (k > 0 && i > 0 && replaced(i - 1, key_said[k - 1])) return true;
    }
  }
  return false;
}

bool asks_for_other_name(Passage const& passage, std::vector<std::size_t> const& rows, std::string_view question,
                         std::set<std::string> const& known) {
  auto const is_upper = [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; };
  auto const names = std::ranges::count_if(rows, [&](std::size_t row) {
    auto const& key = passage.sentences[row].key;
    return !key.empty() && is_upper(key.front());
  });
  if (2 * static_cast<std::size_t>(names) < rows.size()) return false;
  for (auto const& sentence : split_sentences(language::plain(question))) {
    auto const words = words_of(sentence);
    for (std::size_t i = 1; i < words.size(); ++i) {
      auto const of_word = terms(words[i]);
      if (is_upper(words[i].front()) && words[i].size() > 1 && !of_word.empty() && !known.contains(of_word.front()))
        return true;
    }
  }
  return false;
}

std::optional<std::vector<std::size_t>> rows_by_amount(Passage const& passage, std::vector<std::size_t> const& rows,
                                                       std::string_view question,
                                                       std::vector<std::string> const& spoken) {
  std::vector<std::pair<std::size_t, Amount>> amounts;
  for (auto const row : rows) {
    if (auto amount = amount_of(passage.sentences[row].key)) amounts.emplace_back(row, std::move(*amount));
  }
  if (amounts.size() < 2 || 2 * amounts.size() < rows.size()) return std::nullopt;
  auto const written = numbers_and_words(question);
  bool const digits = std::ranges::any_of(question, [](unsigned char c) { return std::isdigit(c) != 0; });
  auto const& words = digits ? written : spoken;
  bool asked = false;
  std::vector<std::size_t> out;
  for (auto const& said : amounts_in(words)) {
    for (auto const& [row, amount] : amounts) {
      if (!is_same_unit(amount.unit, *said.unit)) continue;
      asked = true;
      if (said.value >= amount.from && said.value <= amount.to) out.push_back(row);
    }
  }
  if (!asked) return std::nullopt;
  std::ranges::sort(out);
  auto const again = std::ranges::unique(out);
  out.erase(again.begin(), again.end());
  return out;
}

}  // namespace sotto::knowledge
