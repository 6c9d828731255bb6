// A speech model, Moonshine tiny or base: 16 kHz audio of one segment to tokens and text. Its sizes are read from its
// graphs, which models/moonshine makes. Stateless between calls and thread-safe.
// How the words are found: beam_search.h.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "adapters/moonshine/beam_search.h"
#include "adapters/moonshine/segmenter.h"
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

class EncodedSound;

struct Decoding {
  std::vector<Token> tokens;  // without `said`; none where `text` is another model's
  std::string text;
  std::vector<HeardWord> words;  // as many as `text` has; none: nothing is known of them
  std::string beside;            // another reading of the sound, by which the words were judged
  bool hallucination =
      false;  // more tokens than speech can hold, or a loop; tokens and text are what came before the loop
  bool other_model = false;                   // see lone_digits.h
  bool skipped = false;                       // nothing was decoded: what was known before stands
  std::shared_ptr<EncodedSound const> sound;  // where it will be decoded once more; else null
  float score = 0;  // mean logarithm of the probabilities of the tokens and of the end, of a loop of those before it
};

struct Opinion;

// A segment as the encoder of one model heard it: may be decoded more than once.
class EncodedSound {
 public:
  EncodedSound(EncodedSound&&) = default;
  EncodedSound& operator=(EncodedSound&&) = default;

  std::size_t samples() const { return audio_.size(); }

 private:
  friend class MoonshineModel;
  friend Result<Decoding> decode_together(std::span<Opinion const> opinions, DecodeHints const& hints);
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
  friend Result<Decoding> decode_together(std::span<Opinion const> opinions, DecodeHints const& hints);
  MoonshineModel(OnnxSession encoder, OnnxSession decoder, DecoderCaches caches, MoonshineTokens tokens);

  OnnxSession encoder_;
  OnnxSession decoder_;
  DecoderCaches caches_;
  MoonshineTokens tokens_;
};

// What one of several models heard of a sound.
struct Opinion {
  MoonshineModel const& model;
  EncodedSound const& sound;
  float weight = 1;  // of all together 1
};

// By several models with one vocabulary; the first one says when the words were said. Error `model_failed`.
Result<Decoding> decode_together(std::span<Opinion const> opinions, DecodeHints const& hints);

}  // namespace sotto
