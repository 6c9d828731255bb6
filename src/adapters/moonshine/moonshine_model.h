// A speech model, Moonshine tiny or base: 16 kHz audio of one segment to tokens and text. Its sizes are read from its
// graphs, which models/moonshine makes. Stateless between calls and thread-safe.
//
// decode() is told the tokens of an earlier hypothesis of the same segment, its own or that of a model with the same
// vocabulary. They go through the decoder in one pass; the longest prefix that the model agrees with is kept, decoding
// goes on from the first difference, and where it comes to a token that the hypothesis has too, what follows there is
// tried in one pass again. A pass over 25 known tokens costs as much as three steps, so a text is paid by its new
// words, not by its length. (Leviathan, Kalman, Matias, "Fast inference from transformers via speculative decoding",
// 2023: greedy, so the words are the model's own.) Where the audio begins with an earlier segment, the tokens `said`
// there are not asked about again: the model goes on behind them, and hears the new words in their context.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "adapters/moonshine/keyterms.h"
#include "adapters/moonshine/segmenter.h"
#include "adapters/moonshine/token_score.h"
#include "adapters/moonshine/tokens.h"
#include "adapters/onnx/session.h"
#include "base/error.h"

namespace sotto {

// How sure the model was of the tokens of a word. Natural logarithms.
struct WordEvidence {
  float least = 0;    // probability of its least likely token
  float sum = 0;      // of all of them, one behind the other
  float entropy = 0;  // the greatest of them
  int tokens = 0;
};

// A word of Decoding::text.
struct HeardWord {
  WordEvidence evidence;
  float confidence = 1;  // see confidence.h
  Span when;             // samples of the audio, see listening.h; empty: not known
};

struct Decoding {
  std::vector<Token> tokens;  // without `said`; none where `text` is another model's
  std::string text;
  std::vector<HeardWord> words;  // as many as `text` has; none: nothing is known of them
  std::string beside;            // another reading of the sound, by which the words were judged
  bool hallucination =
      false;  // more tokens than speech can hold, or a loop; tokens and text are what came before the loop
  bool other_model = false;  // see lone_digits.h
  float score = 0;  // mean logarithm of the probabilities of the tokens and of the end, of a loop of those before it
};

// The tensors that go from the encoder to the decoder and from one run of the decoder to the next: a key and a value of
// each layer, [1, heads, t, head_width].
// Beside them, what some layers ask of the sound, [1, t, heads * head_width], and which of their heads follow it.
struct DecoderCaches {
  struct Head {
    std::size_t query = 0, key = 0;  // in `queries` and in `cross`
    std::size_t head = 0;
  };
  std::vector<std::string> cross, past, present, queries;
  std::vector<Head> following;
  std::int64_t heads = 0, head_width = 0;
};

// What a decoding may go by.
struct DecodeHints {
  std::span<Token const> known{};  // an earlier hypothesis, of this model or of one with the same vocabulary
  std::span<Token const> said{};   // in the beginning of the audio
  // A known token gives way only to one that is better by more than this (natural logarithm of the ratio of their
  // probabilities); 0: `known` decides at most between two that are nearly as likely.
  float doubt = 0;
  Keyterms const* keyterms = nullptr;       // null: none
  std::vector<bool> const* only = nullptr;  // by token: these alone, and the end; null: all
  bool times = false;                       // of the words: HeardWord::when
};

// A segment as the encoder of one model heard it: may be decoded more than once.
class EncodedSound {
 public:
  EncodedSound(EncodedSound&&) = default;
  EncodedSound& operator=(EncodedSound&&) = default;

 private:
  friend class MoonshineModel;
  EncodedSound(std::vector<float> audio, std::vector<Ort::Value> cross)
      : audio_(std::move(audio)), cross_(std::move(cross)) {}

  std::vector<float> audio_;
  std::vector<Ort::Value> cross_;  // tensors of DecoderCaches::cross
};

class MoonshineModel {
 public:
  // Reads encoder.onnx, decoder.onnx and tokenizer.bin. Errors `model_missing`, `model_broken`.
  static Result<MoonshineModel> load(std::filesystem::path const& folder);

  // Error `model_failed`, of all three.
  Result<EncodedSound> encode(std::span<float const> audio) const;
  Result<Decoding> decode(EncodedSound const& sound, DecodeHints const& hints = {}) const;
  Result<Decoding> decode(std::span<float const> audio, DecodeHints const& hints = {}) const;
  MoonshineTokens const& tokens() const { return tokens_; }

 private:
  MoonshineModel(OnnxSession encoder, OnnxSession decoder, DecoderCaches caches, MoonshineTokens tokens);

  OnnxSession encoder_;
  OnnxSession decoder_;
  DecoderCaches caches_;
  MoonshineTokens tokens_;
};

// How many tokens of the tail are one short phrase over and over, more often than anybody says it in so many samples of
// 16 kHz: the model is in a loop. 0: it is not.
std::size_t loop_in(std::span<Token const> tokens, std::size_t samples);

}  // namespace sotto
