// The decoder of one model over one encoded sound: rows of tokens, all of one length, each with its cache. What a
// search (search.h) goes on. Made for one decoding, on one thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "adapters/moonshine/listening.h"
#include "adapters/moonshine/tokens.h"
#include "adapters/onnx/session.h"
#include "base/error.h"

namespace sotto {

// The tensors that go from the encoder to the decoder and from one run of the decoder to the next: a key and a value of
// each layer, [1, heads, t, head_width] and [rows, heads, t, head_width].
// Beside them, what some layers ask of the sound, [rows, t, heads * head_width], and which of their heads follow it.
struct DecoderCaches {
  struct Head {
    std::size_t query = 0, key = 0;  // in `queries` and in `cross`
    std::size_t head = 0;
  };
  std::vector<std::string> cross, past, present, queries;
  std::vector<Head> following;
  std::int64_t heads = 0, head_width = 0;
};

class DecoderRows {
 public:
  // One row without tokens. `cross`: the tensors of caches.cross, which outlive it. `listens`: asked() will be wanted.
  DecoderRows(OnnxSession const& decoder, DecoderCaches const& caches, std::span<Ort::Value const> cross, bool listens);

  // `ids`: as many for each row, row by row. logits() tells of the last `wanted` of them, until the next call. Error
  // `model_failed`.
  Result<void> append(std::span<Token const> ids, std::size_t wanted);
  // Of every word, behind the token `at` of those wanted.
  std::span<float const> logits(std::size_t row, std::size_t at) const;

  // Row i goes on from what was row parents[i].
  void keep(std::vector<std::size_t> const& parents);
  // Forgets what lies behind so many tokens.
  void shorten(std::size_t positions);
  std::size_t positions() const { return positions_; }

  // What a row asked of the sound: of each layer of DecoderCaches::queries, a row of floats a token.
  using Asked = std::vector<std::vector<float>>;
  Asked const& asked(std::size_t row) const { return asked_[row]; }
  // See Listening.
  Listening listening(Asked const& asked) const;

 private:
  // Given.
  OnnxSession const& decoder_;
  DecoderCaches const& caches_;
  std::vector<char const*> const input_names_;
  std::vector<char const*> const output_names_;
  std::size_t const first_past_;
  // State.
  std::vector<Ort::Value> inputs_;
  std::vector<Ort::Value> logits_;  // none, or [rows, wanted, words]
  std::vector<Asked> asked_;        // of each row
  std::size_t positions_ = 0;       // in the caches
  std::int64_t logits_from_ = 0;
  float nothing_ = 0;
};

}  // namespace sotto
