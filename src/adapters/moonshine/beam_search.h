// From the sound to the likeliest text. One model, or several with one vocabulary together: of each token the mean of
// the logarithms of its probabilities (a product of experts; Hinton, 2002). One text is followed at a time, or a beam
// of them side by side (Lowerre, "The HARPY speech recognition system", 1976): those that fell far behind the best are
// given up, so that a sound which is clear costs one.
//
// The tokens of an earlier hypothesis go through the decoder in one pass; the longest prefix that the models agree with
// is kept, decoding goes on from the first difference, and where it comes to a token that the hypothesis has too, what
// follows there is tried in one pass again. A pass over 25 known tokens costs as much as three steps, so a text is paid
// by its new words, not by its length. (Leviathan, Kalman, Matias, "Fast inference from transformers via speculative
// decoding", 2023: greedy, so the words are the models' own.)
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "adapters/moonshine/decoder_rows.h"
#include "adapters/moonshine/keyterms.h"
#include "adapters/moonshine/token_score.h"
#include "adapters/moonshine/tokens.h"
#include "base/error.h"

namespace sotto {

// What a decoding may go by.
struct DecodeHints {
  std::span<Token const> known{};  // an earlier hypothesis, of this model or of one with the same vocabulary
  std::span<Token const> said{};   // in the beginning of the audio
  // A known token gives way only to one that is better by more than this (natural logarithm of the ratio of their
  // probabilities); 0: `known` decides at most between two that are nearly as likely. Of one text at a time.
  float doubt = 0;
  Keyterms const* keyterms = nullptr;       // null: none
  std::vector<bool> const* only = nullptr;  // by token: these alone, and the end; null: all. Of one text at a time
  bool times = false;                       // of the words: HeardWord::when
  std::size_t beam = 1;                     // texts side by side, at most
};

struct Expert {
  DecoderRows& rows;
  float weight = 1;  // of all experts 1 together
};

struct FoundText {
  std::vector<Token> tokens;  // without `said` and the end
  std::vector<TokenScore> scores;
  // Of its end. None: it went astray, into a loop, of which the tokens are what came before it, or beyond `most`, which
  // leaves none.
  std::optional<TokenScore> end;
  DecoderRows::Asked asked;  // by the first expert, with hints.times; may be of more tokens
};

// `most`: tokens. `loop`: how many tokens at the end of a text are a loop (loop_in()). Error `model_failed`.
Result<FoundText> search_text(std::span<Expert const> experts, DecodeHints const& hints, std::size_t most,
                              std::size_t samples);

// How many tokens of the tail are one short phrase over and over, more often than anybody says it in so many samples of
// 16 kHz: the model is in a loop. 0: it is not.
std::size_t loop_in(std::span<Token const> tokens, std::size_t samples);

}  // namespace sotto
