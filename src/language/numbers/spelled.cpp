#include "language/numbers/spelled.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "language/numbers/incidental.h"
#include "language/numbers/spoken.h"

namespace sotto::language {
namespace {

using Set = std::unordered_set<std::string_view>;

constexpr std::size_t kFillersMax = 8;  // more of them in a row are talk

// ICAO's alphabet and how recognisers write it.
Set const spelling = {"alpha",  "alfa",     "bravo",  "charlie", "delta",   "echo",    "foxtrot", "golf",
                      "hotel",  "india",    "juliet", "kilo",    "juliett", "lima",    "mike",    "oscar",
                      "papa",   "quebec",   "romeo",  "sierra",  "tango",   "uniform", "victor",  "whiskey",
                      "whisky", "november", "x-ray",  "xray",    "yankee",  "zulu"};
Set const in_years = {"in", "since", "year", "from", "until", "by", "of", "during", "before", "after"};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

std::string upper(std::string_view text) {
  std::string out;
  for (auto const c : text) {
    if (letter(c) || digit(c)) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

// "GB82", "12-C"; not "1st", "3pm", "4k".
bool mixed(std::string_view folded) {
  static Set const endings = {"st", "nd", "rd", "th", "am", "pm", "k", "g", "m", "mb", "gb", "s", "x", "p"};
  if (folded.size() < 2 || folded.size() > 40) return false;
  if (!std::ranges::all_of(folded, [](char c) { return letter(c) || digit(c) || c == '-'; })) return false;
  auto const digits = static_cast<std::size_t>(std::ranges::count_if(folded, digit));
  auto const head = std::ranges::find_if_not(folded, digit) - folded.begin();
  if (digits == 0 || std::ranges::none_of(folded, letter)) return false;
  return head == 0 || static_cast<std::size_t>(head) != digits || digits > 4 ||
         !endings.contains(folded.substr(static_cast<std::size_t>(head)));
}

bool shouted(std::string_view word) {
  while (!word.empty() && std::ispunct(static_cast<unsigned char>(word.back()))) word.remove_suffix(1);
  return word.size() >= 2 && word.size() <= 6 && std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// sure: whatever stands beside it. weak: beside a value. word: "a", "I", which mostly are words. zero: "oh".
enum class Letters : std::uint8_t { none, sure, weak, word, zero };

Letters letters_of(std::string const& word, std::string_view folded, SpelledCharacter::Kind kind) {
  bool const free = kind == SpelledCharacter::Kind::other || kind == SpelledCharacter::Kind::filler;
  if (folded == "oh" || folded == "o")
    return free || kind == SpelledCharacter::Kind::maybe ? Letters::zero : Letters::none;
  if (!free) return Letters::none;
  if (folded.size() == 1 && letter(folded[0])) return folded == "i" || folded == "a" ? Letters::word : Letters::sure;
  if (mixed(folded)) return Letters::sure;
  bool const weak = kind == SpelledCharacter::Kind::other && (spelling.contains(folded) || shouted(word));
  return weak ? Letters::weak : Letters::none;
}

struct Candidate {
  std::size_t at = 0;  // character
  Letters letters = Letters::none;
};

// "b as in bravo", "b for bravo": words that say one letter; 0 where they do not.
std::size_t spelled(std::vector<std::string> const& folded, std::size_t at) {
  if (folded[at].size() != 1 || !letter(folded[at][0])) return 0;
  auto const word = [&](std::size_t i) { return at + i < folded.size() ? std::string_view(folded[at + i]) : ""; };
  std::size_t const n = word(1) == "as" && word(2) == "in" ? 3 : word(1) == "for" || word(1) == "like" ? 2 : 0;
  return n > 0 && word(n).size() >= 3 && word(n)[0] == folded[at][0] ? n + 1 : 0;
}

SpelledCharacter character_of(Item const& item) {
  SpelledCharacter out{.text = item.digits, .first = item.first, .last = item.last};
  switch (item.kind) {
    case Item::Kind::digits: out.kind = SpelledCharacter::Kind::value; break;
    case Item::Kind::maybe:
    case Item::Kind::pending: out.kind = SpelledCharacter::Kind::maybe; break;
    case Item::Kind::filler: out.kind = SpelledCharacter::Kind::filler; break;
    case Item::Kind::correction: out.kind = SpelledCharacter::Kind::correction; break;
    case Item::Kind::other: out.kind = SpelledCharacter::Kind::other; break;
  }
  if (out.kind != SpelledCharacter::Kind::value && out.kind != SpelledCharacter::Kind::maybe) out.text.clear();
  return out;
}

bool year(Item const& item, std::vector<std::string> const& folded) {
  return item.digits.size() == 4 && (item.digits.starts_with("19") || item.digits.starts_with("20")) &&
         item.first == item.last && item.first > 0 && in_years.contains(folded[item.first - 1]);
}

bool value_at(std::vector<SpelledCharacter> const& characters, std::size_t i) {
  return i < characters.size() && characters[i].kind == SpelledCharacter::Kind::value;
}

void become(SpelledCharacter& character, std::string const& folded, Letters letters) {
  character.kind = SpelledCharacter::Kind::value;
  character.text = letters == Letters::zero ? "0" : upper(folded);
  if (spelling.contains(folded)) character.text.resize(1);
}

// "a" and "I" are letters between values, before a letter, and at the end of what is said: "six A", "A is my number".
bool joins_word(std::vector<SpelledCharacter> const& characters, std::size_t at,
                std::vector<std::string> const& folded) {
  static Set const ends = {"is", "that's", "thats", "was", "please", "yes", "okay"};
  auto const& next = at + 1 < characters.size() ? folded[characters[at + 1].first] : std::string();
  if (value_at(characters, at + 1) && next.size() == 1 && letter(next[0])) return true;
  auto before = at;
  while (before > 0 && characters[before - 1].kind == SpelledCharacter::Kind::filler) --before;
  if (before == 0 || !value_at(characters, before - 1)) return false;
  return (before == at && value_at(characters, at + 1)) ||
         (folded[characters[at].first] == "a" && (next.empty() || ends.contains(next)));
}

// Letters become values where a value stands beside them.
void join_letters(std::vector<SpelledCharacter>& characters, std::vector<Candidate> const& letters,
                  std::vector<std::string> const& folded) {
  auto const decide = [&](Candidate const& one) {
    // "five, oh sorry, six": no digit.
    bool const sorry = one.letters == Letters::zero && one.at + 1 < characters.size() &&
                       characters[one.at + 1].kind == SpelledCharacter::Kind::correction;
    bool const beside =
        !sorry && ((one.at > 0 && value_at(characters, one.at - 1)) || value_at(characters, one.at + 1));
    bool const joins = one.letters == Letters::sure ||
                       (one.letters == Letters::word ? joins_word(characters, one.at, folded) : beside);
    if (joins) become(characters[one.at], folded[characters[one.at].first], one.letters);
  };
  std::ranges::for_each(letters, decide);
  std::for_each(letters.rbegin(), letters.rend(), decide);
}

// What stands alone in an answer: "oh", "A", "JR".
void join_awaited(std::vector<SpelledCharacter>& characters, std::vector<Candidate> const& letters,
                  std::vector<bool> const& taken, std::vector<std::string> const& folded, Awaited awaited) {
  constexpr std::size_t others_max = 2;
  auto const other = [&](SpelledCharacter const& character) {
    return character.kind == SpelledCharacter::Kind::other && !taken[character.first];
  };
  auto const others = static_cast<std::size_t>(std::ranges::count_if(characters, other));
  std::size_t weak = 0;
  for (auto const& one : letters)
    weak += one.letters == Letters::weak || (one.letters == Letters::word && other(characters[one.at]));
  for (auto const& one : letters) {
    if (characters[one.at].kind == SpelledCharacter::Kind::value) continue;
    bool const last = one.at + 1 == characters.size();
    bool const joins = one.letters == Letters::zero ? awaited.digits && last && others == 0
                       : one.letters == Letters::word
                           ? awaited.letters && last && others == weak
                           : awaited.letters && weak <= 4 && others - std::min(others, weak) <= others_max;
    if (joins) become(characters[one.at], folded[characters[one.at].first], one.letters);
  }
}

}  // namespace

std::vector<SpelledCharacter> read_spelled(std::vector<HeardWord> const& words, std::vector<std::string> const& folded,
                                           std::vector<bool> const& taken, Awaited awaited) {
  std::vector<std::vector<Lexeme>> lexemes;
  std::vector<SaidWord> said;
  for (std::size_t i = 0; i < words.size(); ++i) {
    lexemes.push_back(read_word(words[i].text));
    said.push_back({words[i].text, folded[i], 0, numeric(lexemes.back())});
  }
  auto items = read_numbers(lexemes);
  mark_incidental(said, items);
  std::vector<SpelledCharacter> characters;
  std::vector<Candidate> letters;
  std::size_t skip_to = 0;
  for (auto const& item : items) {
    if (item.first < skip_to) continue;
    auto character = character_of(item);
    if (year(item, folded)) character.kind = SpelledCharacter::Kind::other;
    bool const word = item.first == item.last && !taken[item.first];
    if (auto const n = word ? spelled(folded, item.first) : 0; n > 0) {
      character = {.kind = SpelledCharacter::Kind::value,
                   .text = upper(folded[item.first]),
                   .first = item.first,
                   .last = item.first + n - 1};
      skip_to = item.first + n;
    } else if (word) {
      auto const kind = letters_of(words[item.first].text, folded[item.first], character.kind);
      if (kind != Letters::none) letters.push_back({characters.size(), kind});
    }
    bool const scratches = !characters.empty() && characters.back().kind == SpelledCharacter::Kind::correction &&
                           folded[item.first] == "that";
    if (scratches) character.kind = SpelledCharacter::Kind::filler;
    characters.push_back(std::move(character));
  }
  join_letters(characters, letters, folded);
  for (std::size_t i = 1; i + 1 < characters.size(); ++i) {
    bool const between = value_at(characters, i - 1) && value_at(characters, i + 1);
    if (characters[i].kind == SpelledCharacter::Kind::maybe && !characters[i].text.empty() && between)
      characters[i].kind = SpelledCharacter::Kind::value;
  }
  // "four, um, oh."
  if (!characters.empty() && characters.back().kind == SpelledCharacter::Kind::maybe && characters.back().text == "0" &&
      std::ranges::find(characters, SpelledCharacter::Kind::value, &SpelledCharacter::kind) != characters.end()) {
    characters.back().kind = SpelledCharacter::Kind::value;
  }
  if (awaited.digits || awaited.letters) join_awaited(characters, letters, taken, folded, awaited);
  return characters;
}

std::vector<SpelledRun> runs_of(std::vector<SpelledCharacter> const& characters) {
  std::vector<SpelledRun> out;
  SpelledRun run;
  std::size_t fillers = 0, others = 0;
  bool correcting = false;
  auto const close = [&] {
    if (!run.text.empty()) out.push_back(std::move(run));
    run = {};
    fillers = 0;
  };
  for (std::size_t at = 0; at < characters.size(); ++at) {
    auto const& character = characters[at];
    if (character.kind == SpelledCharacter::Kind::correction) {
      correcting = true;
    } else if (character.kind == SpelledCharacter::Kind::filler) {
      if (++fillers > kFillersMax) close();
    } else if (character.kind == SpelledCharacter::Kind::maybe) {
      if (character.text.empty() && !run.text.empty()) run.last = character.last;  // "double", and the final ends
    } else if (character.kind == SpelledCharacter::Kind::other) {
      close();
      correcting = false;
      ++others;
    } else {
      auto end = at;
      std::size_t size = 0;
      for (; end < characters.size() && characters[end].kind == SpelledCharacter::Kind::value; ++end)
        size += characters[end].text.size();
      if (run.text.empty()) {
        if (!out.empty()) out.back().words_behind = others;
        run = {.first = character.first, .words_before = std::exchange(others, 0)};
      }
      if (std::exchange(correcting, false)) {
        auto const n = std::min(run.text.size(), size);
        run.text.resize(run.text.size() - n);
        run.takes_back += size - n;
        run.corrected = true;
      }
      for (; at < end; ++at) {
        run.pieces.push_back({run.text.size(), characters[at].first, characters[at].last});
        run.text += characters[at].text;
      }
      run.last = characters[--at].last;
      fillers = 0;
    }
  }
  close();
  if (!out.empty()) out.back().words_behind = others;
  return out;
}

}  // namespace sotto::language
