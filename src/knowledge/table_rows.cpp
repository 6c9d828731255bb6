#include "knowledge/table_rows.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/unicode.h"
#include "knowledge/retrieval.h"
#include "knowledge/row_keys.h"
#include "language/numbers/spoken.h"

namespace sotto::knowledge {

namespace {

constexpr std::size_t kKeyLetters = 32;  // of a key; longer is a text
constexpr std::size_t kKeyParts = 24;    // that may be said for it
constexpr double kNearer = 0.06;         // in meaning than the next row, where nothing else tells them apart

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

// "sku-00104" -> "SKU00104".
std::string bare(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (is_letter(c) || is_digit(c)) out += c;
  }
  return upper(out);
}

bool has_digit(std::string_view text) { return std::ranges::any_of(text, is_digit); }
bool has_letter(std::string_view text) { return std::ranges::any_of(text, is_letter); }

// Zeros that lead a number are often left out: "SKU00104" -> "SKU104".
std::string without_zeros(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    bool const leads = key[i] == '0' && (i == 0 || !is_digit(key[i - 1])) && i + 1 < key.size() && is_digit(key[i + 1]);
    if (!leads) {
      out += key[i];
      continue;
    }
    while (i + 2 < key.size() && key[i + 1] == '0' && is_digit(key[i + 2])) ++i;
  }
  return out;
}

// Of a key: its letters before its last digits, and those digits.
struct Shape {
  std::string letters, digits;
};
Shape shape_of(std::string_view key) {
  auto from = key.size();
  while (from > 0 && is_digit(key[from - 1])) --from;
  return {std::string(key.substr(0, from)), std::string(key.substr(from))};
}

std::string key_of(Sentence const& sentence) {
  if (!sentence.row) return "";
  auto out = bare(language::plain(sentence.key));
  return out.size() <= kKeyLetters && has_digit(out) ? out : "";
}

bool is_strong(std::string_view key) { return has_letter(key) ? key.size() >= 3 : key.size() >= 4; }

// First letters of the words that letters are spelled with.
std::string spelled(std::string const& word) {
  static std::set<std::string_view> const known{
      "ALPHA",  "ALFA",    "BRAVO",  "CHARLIE", "DELTA",    "ECHO",  "FOXTROT", "GOLF",   "HOTEL",  "INDIA",
      "JULIET", "KILO",    "LIMA",   "MIKE",    "NOVEMBER", "OSCAR", "PAPA",    "QUEBEC", "ROMEO",  "SIERRA",
      "TANGO",  "UNIFORM", "VICTOR", "WHISKEY", "WHISKY",   "XRAY",  "YANKEE",  "ZULU",   "JULIETT"};
  return known.contains(word) ? word.substr(0, 1) : "";
}

struct Part {
  std::string text;
  bool glued = false;
};

// "R107" is two, "forty-two" one.
std::vector<Part> split(std::string_view question) {
  std::vector<Part> out;
  std::string word;
  auto const flush = [&] {
    if (word.empty()) return;
    auto const lexemes = language::read_word(word);
    bool const number = std::ranges::all_of(lexemes, [](auto const& one) { return one.lex <= language::Lex::repeat; });
    if ((number && !has_digit(word)) || !spelled(bare(word)).empty()) {
      out.push_back({word, false});
    } else {
      std::string part;
      bool glued = false;
      auto const add = [&](bool next_glued) {
        if (!part.empty()) out.push_back({std::exchange(part, ""), glued}), glued = next_glued;
      };
      if (word.ends_with("'s")) word.resize(word.size() - 2);
      for (char const c : word) {
        bool const apart = !is_letter(c) && !is_digit(c);
        if (apart || (!part.empty() && is_digit(c) != is_digit(part.back()))) add(true);
        // Others part what they stand between.
        if (apart && std::string_view("-._/").find(c) == std::string_view::npos) glued = false;
        if (!apart) part += c;
      }
      add(false);
    }
    word.clear();
  };
  for (char const c : question) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) flush();
    else word += c;
  }
  flush();
  return out;
}

// Signs as they are read out, within a key: "h x two hundred slash c".
bool is_spelling_name(std::string const& word) {
  static std::set<std::string_view> const known{"SLASH", "DASH",   "HYPHEN", "MINUS",   "DOT",
                                                "POINT", "STROKE", "PERIOD", "OBLIQUE", "UNDERSCORE"};
  return known.contains(word);
}

// Calls `found(key, past)` for each way in which a key of `keys` stands from a part on.
template <typename Keys>
class KeySearch {
 public:
  using Found = std::function<void(std::string const& key, std::size_t past)>;
  KeySearch(SpokenParts const& question, Keys const& keys) : question_(question), keys_(keys) {}

  void from(std::size_t at, Found const& found) {
    steps_ = 2000;  // many ways to say little would take long
    from_ = at;
    go_on(at, "", found);
  }

 private:
  void go_on(std::size_t at, std::string const& so_far, Found const& found) {
    if (at - from_ > kKeyParts || --steps_ < 0) return;
    if (!so_far.empty()) {
      auto const first = keys_.lower_bound(so_far);
      if (first == keys_.end() || !first->first.starts_with(so_far)) return;
      if (first->first == so_far) found(so_far, at);
    }
    if (at == question_.parts.size()) return;
    auto const& part = question_.parts[at];
    for (auto const& written : part.written) go_on(at + 1, so_far + written, found);
    if (part.may_skip && !so_far.empty()) go_on(at + 1, so_far, found);
  }

  SpokenParts const& question_;
  Keys const& keys_;
  std::size_t from_ = 0;
  int steps_ = 0;
};

// What stands at `at` goes on with what was said from `from` on: a digit behind digits, what no space parts from it, a
// single letter where one is spelled out.
bool goes_on(SpokenParts const& question, std::size_t from, std::size_t at) {
  auto const word_of = [&](std::size_t i) {
    auto const& written = question.parts[i].written;
    return written.empty() ? std::string() : written.front();
  };
  auto const before = at - 1;
  while (at < question.parts.size() && is_spelling_name(word_of(at))) ++at;
  if (at >= question.parts.size()) return false;
  auto const& part = question.parts[at];
  if (part.glued || (part.number && question.parts[before].number)) return true;
  if (part.number) return false;
  auto const word = word_of(at);
  bool const letter = word.size() == 1 && is_letter(word.front()) && word != "A" && word != "I";
  return letter || (!spelled(word).empty() && !spelled(word_of(from)).empty());
}

struct SaidKey {
  std::string key;
  std::size_t from = 0;
};

// The longest key from each part on, whole: "HX-200" is not said where "HX-200-E" is. `cut`: such a part was said.
template <typename Keys>
std::vector<SaidKey> keys_said(SpokenParts const& question, Keys const& keys, bool& cut) {
  std::vector<SaidKey> out;
  KeySearch search(question, keys);
  auto const longest_from = [&](std::size_t from) {
    std::pair<std::string, std::size_t> longest{"", from};
    search.from(from, [&](std::string const& key, std::size_t end) {
      if (key.size() > longest.first.size()) longest = {key, end};
    });
    return longest;
  };
  std::size_t ended = 0;  // where the last one did
  for (std::size_t from = 0; from < question.parts.size();) {
    auto const [key, past] = longest_from(from);
    if (key.empty()) {
      ++from;
      continue;
    }
    bool const another = past < question.parts.size() && !longest_from(past).first.empty();
    bool const begins = from > 0 && from != ended && question.parts[from - 1].number && question.parts[from].number;
    bool const within = from != ended && question.parts[from].glued;
    if (begins || within || (!another && goes_on(question, from, past))) {
      cut = cut || has_letter(key);
      ++from;
      continue;
    }
    out.push_back({key, from});
    from = ended = past;
  }
  return out;
}

// A key's beginnings that end where letters and digits meet: of "HX200B" these are "HX" and "HX200".
std::vector<std::string> beginnings_of(std::string_view key) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i < key.size(); ++i) {
    if (is_digit(key[i]) != is_digit(key[i - 1]) && has_letter(key.substr(0, i))) out.emplace_back(key.substr(0, i));
  }
  return out;
}

// Words that stand behind numbers in the rows: those with one of them are amounts, no keys.
std::set<std::string> units_of(Passage const& passage) {
  std::set<std::string> out;
  for (auto const& sentence : passage.sentences) {
    if (!sentence.row) continue;
    auto const words = split(sentence.text);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      if (has_digit(words[i].text) && !has_digit(words[i + 1].text)) out.insert(upper(words[i + 1].text));
    }
  }
  return out;
}

// Numbers of the question that are no amounts, each as it may be written.
std::vector<std::string> numbers_of(SpokenParts const& question, std::set<std::string> const& units) {
  std::vector<std::string> out;
  auto const& parts = question.parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].number || (i > 0 && parts[i - 1].number)) continue;
    std::string digits;
    auto past = i;
    for (; past < parts.size() && parts[past].number; ++past) digits += parts[past].written.front();
    bool const amount =
        past < parts.size() &&
        std::ranges::any_of(parts[past].written, [&](auto const& word) { return units.contains(word); });
    if (!amount) out.push_back(digits);
  }
  return out;
}

std::string plain_number(std::string_view digits) {
  auto const first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  return std::string(digits.substr(first));
}

}  // namespace

SpokenParts spoken_parts(std::string_view question) {
  auto const words = split(language::plain(question));
  std::vector<std::vector<language::Lexeme>> lexemes;
  for (auto const& word : words) lexemes.push_back(language::read_word(word.text));
  SpokenParts out;
  std::size_t covered = 0;
  for (auto const& item : language::read_numbers(lexemes)) {
    using Kind = language::Item::Kind;
    if (item.first < covered) continue;
    covered = item.last + 1;
    auto const word = bare(words[item.first].text);
    SpokenParts::Part part{.number = item.kind == Kind::digits,
                           .may_skip = item.kind == Kind::filler || is_spelling_name(word),
                           .glued = words[item.first].glued};
    if (!item.digits.empty()) part.written.push_back(item.digits);
    if (!item.apart.empty()) part.written.push_back(item.apart);
    if (!part.number && !word.empty()) part.written.push_back(word);
    if (auto letter = spelled(word); !letter.empty()) part.written.push_back(std::move(letter));
    out.parts.push_back(std::move(part));
  }
  return out;
}

TableRows::TableRows(std::vector<Passage> const& passages) {
  std::map<std::string, std::vector<Place>> shorter;
  for (std::uint32_t p = 0; p < passages.size(); ++p) {
    for (auto const* text : {&passages[p].title, &passages[p].heading, &passages[p].text})
      for (auto& term : terms(*text)) terms_.insert(std::move(term));
    auto const& sentences = passages[p].sentences;
    for (std::uint32_t s = 0; s < sentences.size(); ++s) {
      auto const key = key_of(sentences[s]);
      if (key.empty() || !is_strong(key)) continue;
      keys_[key].push_back({p, s});
      if (auto const less = without_zeros(key); less != key && is_strong(less)) shorter[less].push_back({p, s});
    }
  }
  // Where "E1" stands there too, it is not "E01".
  for (auto& [key, places] : shorter) keys_.try_emplace(key, std::move(places));
}

std::vector<TableRows::Place> TableRows::said(SpokenParts const& question) const {
  std::vector<Place> out;
  bool cut = false;
  for (auto const& [key, from] : keys_said(question, keys_, cut))
    std::ranges::copy(keys_.find(key)->second, std::back_inserter(out));
  std::ranges::sort(out);
  auto const again = std::ranges::unique(out);
  out.erase(again.begin(), again.end());
  return out;
}

namespace {

struct Keys {
  std::map<std::string, std::vector<std::size_t>, std::less<>> whole, beginnings;
  std::size_t keyed = 0;
};
Keys keys_of(Passage const& passage, std::vector<std::size_t> const& rows) {
  Keys out;
  std::map<std::string, std::vector<std::size_t>> shorter;
  for (auto const row : rows) {
    auto const key = key_of(passage.sentences[row]);
    if (key.empty()) continue;
    ++out.keyed;
    out.whole[key].push_back(row);
    if (auto less = without_zeros(key); less != key) shorter[std::move(less)].push_back(row);
    for (auto& beginning : beginnings_of(key)) out.beginnings[std::move(beginning)].push_back(row);
  }
  for (auto& [key, of_key] : shorter) out.whole.try_emplace(key, std::move(of_key));
  return out;
}

// "E1.1" and "E11" are one when they are spoken; written they are two.
void keep_as_written(Passage const& passage, std::string_view question, std::vector<std::size_t>& rows) {
  auto const asked = upper(language::plain(question));
  auto const key = [&](std::size_t row) { return upper(language::plain(passage.sentences[row].key)); };
  auto const is_written = [&](std::size_t row) {
    auto const written = key(row);
    auto const at = asked.find(written);
    if (written.empty() || at == std::string::npos) return false;
    auto const past = at + written.size();
    bool const more = past + 1 < asked.size() && (is_digit(asked[past + 1]) || is_letter(asked[past + 1]));
    return past == asked.size() || (!is_digit(asked[past]) && !is_letter(asked[past]) && (asked[past] == ' ' || !more));
  };
  std::set<std::string> written;
  for (auto const row : rows) {
    if (is_written(row)) written.insert(bare(key(row)));
  }
  std::erase_if(rows, [&](std::size_t row) { return written.contains(bare(key(row))) && !is_written(row); });
}

// The key that was said, or that none has, of a table whose rows are told apart by keys.
TableRows::Choice by_key(Passage const& passage, std::vector<std::size_t> const& rows, std::string_view asked_for,
                         SpokenParts const& question) {
  TableRows::Choice out;
  auto const keys = keys_of(passage, rows);
  if (2 * keys.keyed < rows.size()) return out;
  bool asked = false;
  for (auto const& [key, from] : keys_said(question, keys.whole, asked)) {
    if (has_letter(key)) std::ranges::copy(keys.whole.find(key)->second, std::back_inserter(out.rows));
  }
  KeySearch of_beginnings(question, keys.beginnings);
  for (std::size_t from = 0; from < question.parts.size(); ++from) {
    of_beginnings.from(from, [&](std::string const& beginning, std::size_t end) {
      bool const number = end < question.parts.size() && question.parts[end].number && !is_digit(beginning.back());
      asked = asked || number || (is_digit(beginning.back()) && goes_on(question, from, end));
    });
  }
  if (out.rows.empty() && !asked) {
    // The number alone.
    for (auto const& number : numbers_of(question, units_of(passage))) {
      for (auto const row : rows) {
        auto const digits = shape_of(key_of(passage.sentences[row])).digits;
        if (!digits.empty() && number.size() > 1 && plain_number(digits) == plain_number(number))
          out.rows.push_back(row);
      }
    }
  }
  std::ranges::sort(out.rows);
  auto const again = std::ranges::unique(out.rows);
  out.rows.erase(again.begin(), again.end());
  keep_as_written(passage, asked_for, out.rows);
  out.unknown = out.rows.empty() && asked;
  return out;
}

// As numbers and words: "seven kg" is "7", "KG".
std::vector<std::string> said_words(SpokenParts const& question) {
  std::vector<std::string> out;
  for (auto const& part : question.parts) {
    if (!part.written.empty()) out.push_back(part.written.front());
  }
  return out;
}

// Terms, and pairs of them: "model 8" is not "8 days".
std::set<std::string> terms_and_pairs(std::string_view text, std::vector<std::string> const& more = {}) {
  auto const all = terms(language::plain(text));
  std::set<std::string> out(all.begin(), all.end());
  for (std::size_t i = 1; i < all.size(); ++i) out.insert(all[i - 1] + " " + all[i]);
  out.insert(more.begin(), more.end());
  return out;
}

// Those that hold most of what only some rows hold.
std::vector<std::size_t> by_words(Passage const& passage, std::vector<std::size_t> const& rows,
                                  std::string_view question, SpokenParts const& parts, bool& number_unknown) {
  std::vector<std::set<std::string>> of_rows;
  std::map<std::string, std::size_t> holding;
  for (auto const row : rows) {
    of_rows.push_back(terms_and_pairs(passage.sentences[row].text));
    for (auto const& term : of_rows.back()) ++holding[term];
  }
  auto const numbers = numbers_of(parts, units_of(passage));
  auto const asked = terms_and_pairs(question, numbers);
  std::vector<double> scores(rows.size(), 0);
  for (auto const& term : asked) {
    auto const known = holding.find(term);
    if (known == holding.end() || known->second == rows.size()) continue;
    auto const weight = std::log(1 + static_cast<double>(rows.size()) / static_cast<double>(known->second));
    for (std::size_t i = 0; i < rows.size(); ++i) scores[i] += of_rows[i].contains(term) ? weight : 0;
  }
  // A number of three digits and more that stands in no row names none of them.
  number_unknown = std::ranges::any_of(numbers, [&](auto const& number) {
    return number.size() >= 3 && !holding.contains(number) && !holding.contains(plain_number(number));
  });
  auto const best = *std::ranges::max_element(scores);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; best > 0 && i < rows.size(); ++i) {
    if (scores[i] > best - 1e-9) out.push_back(rows[i]);
  }
  return out;
}

}  // namespace

TableRows::Choice TableRows::choose(Passage const& passage, std::string_view question, SpokenParts const& parts,
                                    std::span<double const> near) const {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < passage.sentences.size(); ++i) {
    if (passage.sentences[i].row) rows.push_back(i);
  }
  if (rows.empty()) return {};
  if (auto amounts = rows_by_amount(passage, rows, question, said_words(parts)))
    return {.rows = *amounts, .unknown = amounts->empty()};
  auto choice = by_key(passage, rows, question, parts);
  if (!choice.rows.empty() || choice.unknown) return choice;
  choice.rows = rows_by_name(passage, rows, question);
  if (!choice.rows.empty()) return choice;
  bool number_unknown = false;
  choice.rows = by_words(passage, rows, question, parts, number_unknown);
  bool const keyed =
      std::ranges::all_of(rows, [&](std::size_t row) { return !key_of(passage.sentences[row]).empty(); });
  if (number_unknown && keyed) return {.rows = {}, .unknown = true};
  auto const others = std::erase_if(
      choice.rows, [&](std::size_t row) { return is_other_name(passage.sentences[row].key, question, terms_); });
  choice.unknown = choice.rows.empty() && (others > 0 || asks_for_other_name(passage, rows, question, terms_));
  if (!choice.rows.empty() || choice.unknown) return choice;
  std::ranges::sort(rows, std::greater{}, [&](std::size_t row) { return row < near.size() ? near[row] : 0; });
  bool const one = rows.size() == 1 || (rows[1] < near.size() && near[rows[0]] - near[rows[1]] >= kNearer);
  if (one) return {.rows = {rows[0]}, .unknown = false};
  std::ranges::sort(rows);
  choice.rows = std::move(rows);
  return choice;
}

}  // namespace sotto::knowledge
