#include "text/ngrams.h"

#include <algorithm>
#include <cmath>

namespace sotto::text {

namespace {

constexpr std::size_t kShortest = 2, kLongest = 5;  // characters of a piece

bool is_letter(char c) {
  auto const u = static_cast<unsigned char>(c);
  return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z');
}

// FNV-1a; `kind` keeps words, pairs and pieces apart.
class Hash {
 public:
  explicit Hash(std::uint32_t kind) : state_(2166136261u ^ kind) {}
  void add(char c) { state_ = (state_ ^ static_cast<unsigned char>(c)) * 16777619u; }
  void add(std::string_view text) {
    for (char const c : text) add(c);
  }
  std::uint32_t id() const { return (state_ ^ (state_ >> 18)) % kNgramIds; }

 private:
  std::uint32_t state_;
};

void add_pieces(std::string_view word, std::vector<std::uint32_t>& ids) {
  std::string const bordered = " " + std::string(word) + " ";
  for (std::size_t from = 0; from + kShortest <= bordered.size(); ++from) {
    Hash hash(3);
    auto const past = std::min(bordered.size(), from + kLongest);
    for (auto at = from; at < past; ++at) {
      hash.add(bordered[at]);
      if (at + 1 - from >= kShortest) ids.push_back(hash.id());
    }
  }
}

}  // namespace

std::vector<std::string> plain_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  auto const end_word = [&] {
    while (!word.empty() && word.back() == '\'') word.pop_back();
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (is_letter(c) || (c == '\'' && !word.empty())) word += c;
    else end_word();
  }
  end_word();
  return words;
}

std::vector<Feature> ngrams(std::string_view text) {
  auto const words = plain_words(text);
  std::vector<std::uint32_t> ids;
  for (std::size_t i = 0; i < words.size(); ++i) {
    Hash alone(1);
    alone.add(words[i]);
    ids.push_back(alone.id());
    if (i > 0) {
      Hash pair(2);
      pair.add(words[i - 1]);
      pair.add(' ');
      pair.add(words[i]);
      ids.push_back(pair.id());
    }
    add_pieces(words[i], ids);
  }
  std::ranges::sort(ids);
  std::vector<Feature> out;
  for (std::size_t from = 0; from < ids.size();) {
    auto past = from;
    while (past < ids.size() && ids[past] == ids[from]) ++past;
    auto const count = static_cast<float>(past - from);
    out.push_back({ids[from], count == 1 ? 1.0F : 1 + std::log(count)});
    from = past;
  }
  return out;
}

}  // namespace sotto::text
