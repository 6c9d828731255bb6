// The sentence encoder: one text to one unit vector of 384 numbers, and how it sounds. Thread-safe. One text a call:
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
  // Reads encoder.onnx, sentiment.onnx and vocab.txt. Errors `model_missing`, `model_broken`.
  static Result<SentenceEncoder> load(std::filesystem::path const& folder);

  // Error `model_failed`.
  Result<std::vector<float>> encode(std::string_view text) const;
  struct Reading {
    std::vector<float> vector;
    std::optional<float> sentiment;  // -1 (negative) .. 1 (positive); only where asked for
  };
  Result<Reading> read(std::string_view text, bool sentiment) const;

 private:
  SentenceEncoder(OnnxSession encoder, OnnxSession sentiment, WordPieces pieces)
      : encoder_(std::move(encoder)), sentiment_(std::move(sentiment)), pieces_(std::move(pieces)) {}

  OnnxSession encoder_;
  OnnxSession sentiment_;  // goes on from the encoder's third layer
  WordPieces pieces_;
};

}  // namespace sotto
