// The sentence encoder: one text to one unit vector of 384 numbers, what its speaker means as another, and how it
// sounds. Thread-safe. One text a call:
// dynamic quantisation shifts the vectors of texts that are padded into one batch.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "adapters/minilm/word_pieces.h"
#include "adapters/onnx/session.h"
#include "base/error.h"

namespace sotto {

class SentenceEncoder {
 public:
  // Reads encoder.onnx, meaning.onnx, sentiment.onnx and vocab.txt. Errors `model_missing`, `model_broken`.
  static Result<SentenceEncoder> load(std::filesystem::path const& folder);

  // Error `model_failed`.
  Result<std::vector<float>> encode(std::string_view text) const;
  // Error `model_failed`.
  Result<std::vector<float>> meaning_of(std::string_view text) const;
  // Beside the vector; each costs half as much again.
  struct Wanted {
    bool meaning = false, sentiment = false;
  };
  struct Reading {
    std::vector<float> vector;
    std::optional<std::vector<float>> meaning;
    std::optional<float> sentiment;  // -1 (negative) .. 1 (positive)
    bool has(Wanted wanted) const { return (meaning || !wanted.meaning) && (sentiment || !wanted.sentiment); }
  };
  Result<Reading> read(std::string_view text, Wanted wanted) const;

 private:
  SentenceEncoder(OnnxSession encoder, OnnxSession meaning, OnnxSession sentiment, WordPieces pieces)
      : encoder_(std::move(encoder)),
        meaning_(std::move(meaning)),
        sentiment_(std::move(sentiment)),
        pieces_(std::move(pieces)) {}

  OnnxSession encoder_;
  OnnxSession meaning_, sentiment_;  // go on from the encoder's third layer
  WordPieces pieces_;
};

}  // namespace sotto
