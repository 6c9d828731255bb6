// Stage 6, inference: the two ways to find a passage, each exact, each over all passages at once.
// WordIndex: BM25 (Robertson & Zaragoza 2009) over an inverted index, as the share of the question's information that a
// document holds: 1 when every term is found often. VectorIndex: cosine of unit vectors, a byte a dimension, sums in 32
// bits; every row is looked at. Both are immutable once filled, hold no lock, and may be read from several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sotto::knowledge {

// Terms of a text: lower case, without function words, the endings of plural and tense cut.
std::vector<std::string> terms(std::string_view text);

class WordIndex {
 public:
  // Documents are numbered 0, 1, 2 ... as they come. `finish` once, after the last.
  void add(std::vector<std::string> const& terms);
  void finish();
  std::size_t size() const { return lengths_.size(); }

  // Adds the share, 0..1, of every document that holds a term of the question to `out` (as many as documents).
  void score(std::vector<std::string> const& question, std::span<float> out) const;

 private:
  struct Posting {
    std::uint32_t document = 0;
    float weight = 0;  // times the term stands there; after finish(): what it adds to the score
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_map<std::string, std::vector<Posting>, Hash, std::equal_to<>> postings_;
  std::vector<float> lengths_;
};

// A unit vector as bytes: value = byte * scale.
struct ByteVector {
  std::vector<std::int8_t> bytes;  // dimensions, filled up with zeros to a multiple of 64
  float scale = 0;
};
ByteVector to_bytes(std::span<float const> vector);

class VectorIndex {
 public:
  // Rows are numbered as they come; all have the dimensions of the first. One of another length counts as zeros.
  void add(std::span<float const> vector);
  std::size_t size() const { return scales_.size(); }

  // Cosine of the query with each row from `first` on, as many as `out` takes.
  void scan(ByteVector const& query, std::size_t first, std::span<float> out) const;

 private:
  std::size_t stride_ = 0;
  std::vector<std::int8_t> rows_;
  std::vector<float> scales_;
};

struct Hit {
  std::uint32_t document = 0;
  float score = 0;
};
// The `most` best of `scores`, best first; equal ones in order. Those below `least` are left out.
std::vector<Hit> best(std::span<float const> scores, std::size_t most, float least = 0);

}  // namespace sotto::knowledge
