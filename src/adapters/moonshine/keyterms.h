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

  struct Place {
    std::vector<Step> steps;  // what goes on from here
    bool whole = false;       // a term ends here
  };

  std::vector<SoundingTerm> sounding_;
  std::vector<Place> places_{1};  // 0: before a term
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
  // The tokens that go on with a term or begin one.
  std::vector<Token> raised() const;
  // What a text gains by its terms if this token follows, where whole texts are compared: for each that it holds whole,
  // and for the one that it may be inside.
  float credit_with(Token token) const;

 private:
  struct Place {
    std::size_t place = 0, depth = 0;
    float gained = 0;  // by the tokens of the term so far
  };
  struct Raised {
    Token token = 0;
    float by = 0;
  };
  void raise();

  Keyterms const* const terms_;
  std::vector<Place> places_;
  std::vector<Raised> raised_;
  float kept_ = 0;  // gained by terms that are whole
};

}  // namespace sotto
