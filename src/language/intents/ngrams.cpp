#include "language/intents/ngrams.h"

#include <algorithm>
#include <cmath>

namespace sotto::language {

namespace {

constexpr std::size_t kShortest = 2, kLongest = 5;  // characters of a piece
// A text has some eight times as many pieces as words and pairs: without it these would hardly count.
constexpr float kPieceWeight = 0.5F;

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

std::vector<std::uint32_t> pieces_of(std::vector<std::string> const& words) {
  std::vector<std::uint32_t> ids;
  for (auto const& word : words) add_pieces(word, ids);
  return ids;
}

// Of the words and their pairs; `turn` keeps turns of a conversation apart.
std::vector<std::uint32_t> ids_of(std::vector<std::string> const& words, std::uint32_t turn) {
  std::vector<std::uint32_t> ids;
  for (std::size_t i = 0; i < words.size(); ++i) {
    Hash alone(1 + (turn << 8));
    alone.add(words[i]);
    ids.push_back(alone.id());
    if (i > 0) {
      Hash pair(2 + (turn << 8));
      pair.add(words[i - 1]);
      pair.add(' ');
      pair.add(words[i]);
      ids.push_back(pair.id());
    }
  }
  return ids;
}

std::vector<Feature> counted(std::vector<std::uint32_t> ids) {
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

void scale_to_one(std::vector<Feature>& features) {
  float square = 0;
  for (auto const& feature : features) square += feature.value * feature.value;
  for (auto& feature : features) feature.value /= std::sqrt(square);
}

// Sorted; what shares an id becomes one.
std::vector<Feature> merged(std::vector<Feature> features) {
  std::vector<Feature> out;
  for (auto const& feature : features) {
    if (!out.empty() && out.back().id == feature.id) out.back().value += feature.value;
    else out.push_back(feature);
  }
  return out;
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
  auto out = counted(ids_of(words, 0));
  auto pieces = counted(pieces_of(words));
  for (auto& piece : pieces) piece.value *= kPieceWeight;
  out.insert(out.end(), pieces.begin(), pieces.end());
  std::ranges::sort(out, {}, &Feature::id);
  return merged(std::move(out));
}

std::vector<Feature> ngrams(std::string_view text, std::span<std::string const> before) {
  auto out = ngrams(text);
  if (before.empty()) return out;
  scale_to_one(out);
  std::uint32_t turn = 0;
  for (auto const& earlier : before) {
    auto features = counted(ids_of(plain_words(earlier), ++turn));
    scale_to_one(features);
    out.insert(out.end(), features.begin(), features.end());
  }
  std::ranges::sort(out, {}, &Feature::id);
  return merged(std::move(out));
}

}  // namespace sotto::language
