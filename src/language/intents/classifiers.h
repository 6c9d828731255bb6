// Linear machines over two views of a text, one against the rest for each class. Scores are margins: above 0 speaks for
// the class. Trained with LIBLINEAR (Fan et al. 2008; L2-regularised; squared hinge loss, and logistic
// loss for few vectors). Immutable after training;
// thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "language/intents/ngrams.h"

namespace sotto::language {

// Numbers of the classes each text belongs to; several, or none.
using Labels = std::vector<std::vector<std::size_t>>;

// Over n-grams weighted by inverse document frequency, each text of length 1. The weights are kept as bytes, a scale a
// class: a text of 40 characters reads some 150 rows of one byte a class.
class NgramClassifier {
 public:
  static NgramClassifier train(std::span<std::vector<Feature> const> texts, Labels const& labels, std::size_t classes);
  // `scores`: one a class, overwritten.
  void score(std::vector<Feature> const& text, std::span<float> scores) const;
  void write(ByteWriter& out) const;
  static Result<NgramClassifier> read(ByteReader& in);
  std::size_t classes() const { return bias_.size(); }

 private:
  NgramClassifier() : row_(kNgramIds, -1) {}

  std::vector<std::int32_t> row_;     // of a feature's id; -1: never seen
  std::vector<float> idf_;            // a row
  std::vector<std::int8_t> weights_;  // rows x classes
  std::vector<float> scale_, bias_;   // a class
};

// Over unit vectors of sentences.
class VectorClassifier {
 public:
  static VectorClassifier train(std::span<std::vector<float> const> vectors, Labels const& labels, std::size_t classes);
  void score(std::span<float const> vector, std::span<float> scores) const;
  void write(ByteWriter& out) const;
  static Result<VectorClassifier> read(ByteReader& in);
  std::size_t classes() const { return bias_.size(); }
  std::size_t width() const { return width_; }

 private:
  std::size_t width_ = 0;
  std::vector<float> weights_, bias_;  // classes x width, a class
};

// Nearness to the examples of each class: the mean cosine of its three nearest.
class NearestExamples {
 public:
  static NearestExamples train(std::span<std::vector<float> const> vectors, Labels const& labels, std::size_t classes);
  // `scores`: one a class; -1 where it has no example.
  void score(std::span<float const> vector, std::span<float> scores) const;
  // Cosine of the nearest example of one class (of `classes()`: of those in no class); -1 where it has none.
  float nearest(std::span<float const> vector, std::size_t of_class) const;
  void write(ByteWriter& out) const;
  static Result<NearestExamples> read(ByteReader& in);
  std::size_t classes() const { return classes_; }
  std::size_t width() const { return width_; }

 private:
  // With the examples from..past; `kCosineOfBytes` makes cosines of them.
  std::vector<std::int32_t> products(std::span<float const> vector, std::size_t from, std::size_t past) const;

  std::size_t width_ = 0, classes_ = 0;
  std::vector<std::int8_t> vectors_;  // examples x width; 127 is 1
  std::vector<std::uint32_t>
      class_;  // of an example, classes_ for those in none; sorted, so that the examples of a class lie together
};

}  // namespace sotto::language
