#include "knowledge/retrieval.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <unordered_set>

#include "base/byte_rows.h"
#include "base/unicode.h"

namespace sotto::knowledge {

namespace {

constexpr float kK1 = 1.2F, kB = 0.75F;  // BM25's usual values
constexpr std::size_t kAlign = 64;

bool is_function_word(std::string const& word) {
  static std::unordered_set<std::string> const words{
      "a",    "an",   "the",   "i",     "you",   "he",     "she",   "it",     "we",     "they",   "me",      "my",
      "your", "our",  "is",    "are",   "am",    "was",    "were",  "be",     "been",   "do",     "does",    "did",
      "have", "has",  "had",   "can",   "could", "will",   "would", "should", "to",     "of",     "in",      "on",
      "at",   "for",  "with",  "and",   "or",    "but",    "if",    "so",     "that",   "this",   "there",   "what",
      "how",  "when", "where", "which", "who",   "why",    "from",  "by",     "as",     "not",    "no",      "yes",
      "any",  "some", "get",   "got",   "then",  "than",   "just",  "now",    "well",   "please", "let",     "s",
      "t",    "m",    "d",     "ll",    "re",    "ve",     "about", "out",    "ask",    "asked",  "tell",    "speak",
      "say",  "want", "need",  "long",  "much",  "many",   "again", "up",     "down",   "them",   "their",   "us",
      "name", "go",   "still", "also",  "too",   "really", "whole", "new",    "number", "work",   "working", "take",
      "put",  "make", "give"};
  return words.contains(word);
}

}  // namespace

std::vector<std::string> terms(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  auto const flush = [&] {
    if (word.empty()) return;
    if (!is_function_word(word)) {
      for (std::string_view const ending : {"ing", "ed", "es", "s"}) {
        if (word.size() >= ending.size() + 3 && word.ends_with(ending)) {
          word.resize(word.size() - ending.size());
          break;
        }
      }
      out.push_back(word);
    }
    word.clear();
  };
  std::string plain;
  if (std::ranges::any_of(text, [](unsigned char c) { return c >= 0x80; })) text = plain = language::plain(text);
  for (std::size_t at = 0; at < text.size();) {
    if (auto const c = static_cast<unsigned char>(text[at]); c < 0x80) {
      if (std::isalnum(c)) word += static_cast<char>(std::tolower(c));
      else flush();
      ++at;
      continue;
    }
    auto const from = at;
    auto const letter = language::letter_at(text, at);
    if (letter.empty()) flush();
    else word += letter;
    at = std::max(at, from + 1);
  }
  flush();
  return out;
}

void WordIndex::add(std::vector<std::string> const& terms) {
  auto const document = static_cast<std::uint32_t>(lengths_.size());
  for (auto const& term : terms) {
    auto& list = postings_[term];
    if (list.empty() || list.back().document != document) list.push_back({document, 0});
    list.back().weight += 1;
  }
  lengths_.push_back(static_cast<float>(terms.size()));
}

void WordIndex::finish() {
  float total = 0;
  for (auto const length : lengths_) total += length;
  float const mean = total > 0 ? total / static_cast<float>(lengths_.size()) : 1;
  for (auto& [term, list] : postings_) {
    auto const holding = static_cast<float>(list.size());
    auto const rarity = std::log(1 + (static_cast<float>(lengths_.size()) - holding + 0.5F) / (holding + 0.5F));
    for (auto& [document, weight] : list)
      weight = rarity * weight * (kK1 + 1) / (weight + kK1 * (1 - kB + kB * lengths_[document] / mean));
  }
}

void WordIndex::score(std::vector<std::string> const& question, std::span<float> out) const {
  auto const rarity_of = [&](float holding) {
    return std::log(1 + (static_cast<float>(lengths_.size()) - holding + 0.5F) / (holding + 0.5F));
  };
  std::vector<std::vector<Posting> const*> lists;
  float most = 0;
  for (auto const& word : question) {
    auto const known = postings_.find(word);
    most += rarity_of(known == postings_.end() ? 0 : static_cast<float>(known->second.size()));
    if (known != postings_.end()) lists.push_back(&known->second);
  }
  if (most <= 0) return;
  std::vector<float> sums(lengths_.size(), 0.0F);
  for (auto const* list : lists) {
    for (auto const& [document, weight] : *list) sums[document] += weight;
  }
  for (std::size_t i = 0; i < out.size() && i < sums.size(); ++i) out[i] += std::min(1.0F, sums[i] / most);
}

ByteVector to_bytes(std::span<float const> vector) {
  ByteVector out;
  out.bytes.resize((vector.size() + kAlign - 1) / kAlign * kAlign);
  float largest = 0;
  for (auto const value : vector) largest = std::max(largest, std::abs(value));
  if (!(largest > 0) || !std::isfinite(largest)) return out;
  out.scale = largest / 127;
  for (std::size_t i = 0; i < vector.size(); ++i)
    out.bytes[i] = static_cast<std::int8_t>(std::lround(vector[i] / out.scale));
  return out;
}

void VectorIndex::add(std::span<float const> vector) {
  auto bytes = to_bytes(vector);
  if (stride_ == 0) stride_ = bytes.bytes.size();
  if (bytes.bytes.size() != stride_) bytes = {.bytes = std::vector<std::int8_t>(stride_), .scale = 0};
  rows_.insert(rows_.end(), bytes.bytes.begin(), bytes.bytes.end());
  scales_.push_back(bytes.scale);
}

void VectorIndex::scan(ByteVector const& query, std::size_t first, std::span<float> out) const {
  std::ranges::fill(out, 0.0F);
  if (query.bytes.size() != stride_ || stride_ == 0 || first >= size()) return;
  std::vector<std::int16_t> const wide(query.bytes.begin(), query.bytes.end());
  auto const count = std::min(out.size(), size() - first);
  std::vector<std::int32_t> sums(count);
  language::dot_rows(wide.data(), rows_.data() + first * stride_, stride_, count, sums.data());
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(sums[i]) * query.scale * scales_[first + i];
}

std::vector<Hit> best(std::span<float const> scores, std::size_t most, float least) {
  auto const better = [](Hit const& a, Hit const& b) {
    return a.score != b.score ? a.score > b.score : a.document < b.document;
  };
  std::vector<Hit> heap;  // the worst of the best on top
  if (most == 0) return heap;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!(scores[i] >= least)) continue;
    if (heap.size() == most && !(scores[i] > heap.front().score)) continue;
    if (heap.size() == most) {
      std::ranges::pop_heap(heap, better);
      heap.pop_back();
    }
    heap.push_back({static_cast<std::uint32_t>(i), scores[i]});
    std::ranges::push_heap(heap, better);
  }
  std::ranges::sort_heap(heap, better);
  return heap;
}

}  // namespace sotto::knowledge
