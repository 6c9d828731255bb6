// Moonshine's vocabulary: token ids to text. Immutable after load; thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"

namespace sotto {

using Token = std::int64_t;

// Places in a row of tokens: from `from` until before `to`.
struct TokenRange {
  std::size_t from = 0, to = 0;
  friend bool operator==(TokenRange const&, TokenRange const&) = default;
};

class MoonshineTokens {
 public:
  static constexpr Token start = 1;
  static constexpr Token end = 2;

  // Errors `model_missing`, `model_broken`.
  static Result<MoonshineTokens> load(std::filesystem::path const& file);

  // Valid UTF-8 without outer blanks; control tokens and broken byte sequences are left out.
  std::string text(std::span<Token const> tokens) const;
  // Of each word of that text (what stands between blanks), its tokens without those of the marks behind
  // it: a piece that begins with a space begins a word.
  std::vector<TokenRange> words(std::span<Token const> tokens) const;
  // The tokens with words in place of some that begin and end words.
  std::vector<Token> rewritten(std::span<Token const> tokens, TokenRange place, std::string_view words) const;
  std::size_t size() const { return pieces_.size(); }
  // Whether texts have the same tokens in both, but for one token in a thousand and for those that only one has.
  bool writes_as(MoonshineTokens const& other) const;
  // As the model would write it: the pair of pieces that makes the commonest one is joined first. Letters that no piece
  // has are left out.
  std::vector<Token> encode(std::string_view text) const;

  MoonshineTokens(MoonshineTokens&&) = default;
  MoonshineTokens& operator=(MoonshineTokens&&) = default;

 private:
  MoonshineTokens() = default;
  // What the tokens write, and of each byte the place of its token.
  struct Written {
    std::string bytes;
    std::vector<std::size_t> places;
  };
  Written written(std::span<Token const> tokens) const;

  std::vector<std::string> pieces_;
  std::unordered_map<std::string_view, Token> ids_;  // of pieces_, which stay where they are
};

}  // namespace sotto
