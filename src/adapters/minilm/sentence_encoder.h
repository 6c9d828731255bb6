// The sentence encoder: one text to one unit vector of 384 numbers, what its speaker means as another, how it sounds,
// and whether it answers another text. Thread-safe. One text a call:
// dynamic quantisation shifts the vectors of texts that are padded into one batch.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/minilm/word_pieces.h"
#include "adapters/onnx/session.h"
#include "base/error.h"
#include "ports/model_shard.h"

namespace sotto {

class SentenceEncoder {
 public:
  // Reads lower.onnx, encoder.onnx, meaning.onnx, sentiment.onnx, answering.onnx and vocab.txt. Errors
  // `model_missing`, `model_broken`.
  static Result<SentenceEncoder> load(std::filesystem::path const& folder);

  // Error `model_failed`.
  Result<std::vector<float>> encode(std::string_view text) const;
  // Error `model_failed`.
  Result<std::vector<float>> meaning_of(std::string_view text) const;
  // What is wanted of it, and no more. Error `model_failed`.
  Result<TextReading> read(std::string_view text, WantedOfText wanted) const;

  // A text as the encoder's third layer has it, 384 numbers a token: where everything else goes on from. Half of what
  // a vector costs, and it can be kept.
  using LowerHalf = std::vector<float>;
  // Error `model_failed`.
  Result<LowerHalf> lower_half(std::string_view text) const;
  // How far a passage answers a question, as a logit beside what their vectors say (models/answering). Error
  // `model_failed`.
  Result<float> answers(LowerHalf const& passage, LowerHalf const& question) const;
  Result<float> answers(std::string_view passage, std::string_view question) const;

 private:
  SentenceEncoder(std::vector<OnnxSession> graphs, WordPieces pieces)
      : lower_(std::move(graphs[0])),
        encoder_(std::move(graphs[1])),
        meaning_(std::move(graphs[2])),
        sentiment_(std::move(graphs[3])),
        answering_(std::move(graphs[4])),
        pieces_(std::move(pieces)) {}
  Result<Ort::Value> lower(std::string_view text) const;

  OnnxSession lower_;                                      // the first three layers
  OnnxSession encoder_, meaning_, sentiment_, answering_;  // three layers more, each its own
  WordPieces pieces_;
};

// As knowledge::KnowledgeBase::ask() takes it; a passage that cannot be read leaves it to the score. `encoder` outlives
// it.
inline auto reading_by(SentenceEncoder const& encoder) {
  return [&encoder](std::string const& passage, std::string const& question) -> std::optional<double> {
    auto const read = encoder.answers(passage, question);
    return read ? std::optional<double>(*read) : std::nullopt;
  };
}

}  // namespace sotto
