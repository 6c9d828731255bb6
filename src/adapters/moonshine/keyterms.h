// Terms that a client expects, such as names and products: while a decoding may be in one of them, the tokens that go
// on with it are raised. Pure; the terms are immutable and shared by the decodings of a stream.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "adapters/moonshine/sound_alike.h"
#include "adapters/moonshine/tokens.h"

namespace sotto {

// The tokens of all terms, from their beginnings on.
class Keyterms {
 public:
  Keyterms(std::span<std::string const> terms, MoonshineTokens const& tokens);
  std::span<SoundingTerm const> sounding() const { return sounding_; }

 private:
  friend class KeytermBias;
  struct Step {
    Token token = 0;
    std::size_t place = 0;
  };

  std::vector<SoundingTerm> sounding_;
  std::vector<std::vector<Step>> places_{1};  // what goes on from each place; 0: before a term
};

// Where one decoding is in the terms.
class KeytermBias {
 public:
  // `terms` null: nothing is raised.
  explicit KeytermBias(Keyterms const* terms);

  void follow(Token token);
  // The token to choose, and what a token counts.
  Token best(std::span<float const> logits) const;
  float value(std::span<float const> logits, Token token) const;

 private:
  struct Place {
    std::size_t place = 0, depth = 0;
  };
  struct Raised {
    Token token = 0;
    float by = 0;
  };
  void raise();

  Keyterms const* const terms_;
  std::vector<Place> places_;
  std::vector<Raised> raised_;
};

}  // namespace sotto
