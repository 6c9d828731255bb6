#include "adapters/moonshine/sound_alike.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "adapters/moonshine/words.h"

namespace sotto {
namespace {

constexpr double kApartMost = 0.3;

struct Spelling {
  std::string_view letters, sound;
};
// The longest first. What is not listed sounds as itself.
constexpr auto kSpellings = std::to_array<Spelling>({
    {"tch", "C"}, {"sch", "S"}, {"ph", "f"},  {"sh", "S"}, {"ch", "C"},  {"th", "T"},  {"ck", "k"},
    {"gh", ""},   {"wh", "w"},  {"kn", "n"},  {"wr", "r"}, {"qu", "kw"}, {"ce", "sa"}, {"ci", "sa"},
    {"cy", "sa"}, {"ge", "ja"}, {"gi", "ja"}, {"dg", "j"}, {"c", "k"},   {"q", "k"},   {"x", "ks"},
    {"a", "a"},   {"e", "a"},   {"i", "a"},   {"o", "a"},  {"u", "a"},   {"y", "a"},
});

// Classes that are easily taken for each other on a line of 3.4 kHz.
constexpr auto kNear =
    std::to_array<std::string_view>({"pb", "td", "kg", "fv", "sz", "Tf", "Ts", "Td", "CS", "Cj", "jS", "mn", "lr",
                                     "lw", "rw", "bv", "pt", "pk", "tk", "bd", "dg", "gj", "Ss", "nd", "Ct", "fs"});

bool is_weak(char sound) { return sound == 'a' || sound == 'h' || sound == 'w' || sound == 'y'; }
double weight(char sound) { return is_weak(sound) ? 0.4 : 1; }

// By two sounds, which are ASCII or bytes of other letters: those are near to nothing.
constexpr auto kAreNear = [] {
  std::array<std::array<bool, 128>, 128> table{};
  for (auto const pair : kNear) {
    auto const one = static_cast<unsigned char>(pair[0]), other = static_cast<unsigned char>(pair[1]);
    table[one][other] = table[other][one] = true;
  }
  return table;
}();

double changed(char one, char other) {
  if (one == other) return 0;
  auto const first = static_cast<unsigned char>(one), second = static_cast<unsigned char>(other);
  if (first < 128 && second < 128 && kAreNear[first][second]) return 0.4;
  return is_weak(one) && is_weak(other) ? 0.4 : 1;
}

std::string joined(std::span<std::string_view const> words) {
  std::string letters;
  for (auto const word : words) letters += bare(word);
  return letters;
}

// Words that are a term already, with "'s" or without.
std::vector<bool> known_words(std::span<std::string_view const> words, std::span<SoundingTerm const> terms) {
  auto const plain = [](std::string word) { return word.ends_with("'s") ? word.substr(0, word.size() - 2) : word; };
  std::vector<std::string> said;
  for (auto const word : words) said.push_back(plain(bare(word)));
  std::vector<bool> known(words.size());
  for (auto const& term : terms) {
    std::vector<std::string> wanted;
    for (auto const word : split_words(term.text)) wanted.push_back(plain(bare(word)));
    for (auto from = said.begin(); from != said.end(); ++from) {
      from = std::search(from, said.end(), wanted.begin(), wanted.end());
      if (from == said.end()) break;
      std::fill_n(known.begin() + (from - said.begin()), wanted.size(), true);
    }
  }
  return known;
}

}  // namespace

std::string sound_of(std::string_view text) {
  std::string sound;
  for (auto const word : split_words(text)) {
    auto const letters = bare(word);
    std::string_view left = letters;
    if (left.size() > 2 && left.ends_with('e')) left.remove_suffix(1);  // silent
    while (!left.empty()) {
      auto const spelling =
          std::ranges::find_if(kSpellings, [&](Spelling const& one) { return left.starts_with(one.letters); });
      bool const listed = spelling != kSpellings.end();
      auto const made = listed ? spelling->sound : left.substr(0, 1);
      left.remove_prefix(listed ? spelling->letters.size() : 1);
      for (char const one : made) {
        if (one != '\'' && (sound.empty() || sound.back() != one)) sound += one;
      }
    }
  }
  return sound;
}

double length_of(std::string_view sound) {
  double length = 0;
  for (char const one : sound) length += weight(one);
  return length;
}

double sounds_apart(std::string_view sound, std::string_view other) {
  std::vector<double> row(other.size() + 1);
  for (std::size_t at = 0; at < other.size(); ++at) row[at + 1] = row[at] + weight(other[at]);
  for (char const one : sound) {
    auto before = std::exchange(row[0], row[0] + weight(one));
    for (std::size_t at = 0; at < other.size(); ++at) {
      auto const best =
          std::min({before + changed(one, other[at]), row[at + 1] + weight(one), row[at] + weight(other[at])});
      before = std::exchange(row[at + 1], best);
    }
  }
  auto const longer = std::max(length_of(sound), length_of(other));
  return longer == 0 ? 1 : row.back() / longer;
}

std::vector<SoundAlike> sound_alikes(std::span<std::string_view const> words, std::span<SoundingTerm const> terms) {
  std::vector<std::string> sounds, letters;
  for (auto const word : words) {
    sounds.push_back(sound_of(word));
    letters.push_back(bare(word));
  }
  auto const known = known_words(words, terms);
  std::vector<SoundAlike> found;
  for (std::size_t term = 0; term < terms.size(); ++term) {
    auto const& sounding = terms[term];
    auto const own_words = split_words(sounding.text);
    auto const own_letters = joined(own_words);
    auto const own_length = length_of(sounding.sound);
    for (std::size_t from = 0; from < words.size(); ++from) {
      std::string sound, written;
      double length = 0;
      for (auto to = from; to < words.size() && to <= from + own_words.size() && !known[to];) {
        sound += sounds[to];
        length += length_of(sounds[to]);
        written += letters[to++];
        bool const same_letters = written == own_letters;
        // What one has more than the other is apart, whatever it is.
        bool const too_long = std::abs(length - own_length) > kApartMost * std::max(length, own_length);
        if (too_long && !same_letters) continue;
        auto const apart = same_letters ? 0 : sounds_apart(sound, sounding.sound);
        if (apart <= kApartMost) found.push_back({from, to, term, apart, same_letters});
      }
    }
  }
  std::ranges::sort(found, {}, [](SoundAlike const& one) { return std::tuple(one.apart, one.from, one.to); });
  std::vector<SoundAlike> out;
  for (auto const& one : found) {
    auto const over = [&](SoundAlike const& other) { return one.from < other.to && other.from < one.to; };
    if (std::ranges::none_of(out, over)) out.push_back(one);
  }
  return out;
}

}  // namespace sotto
