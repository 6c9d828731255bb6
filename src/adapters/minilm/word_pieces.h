// Text to the token ids of the sentence encoder (uncased WordPiece, as BERT has it). Immutable after load; thread-safe.
// golden_tokens.txt holds what the encoder's own tokenizer says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"

namespace sotto {

class WordPieces {
 public:
  static constexpr std::size_t tokens_max = 128;  // what the encoder was trained with; longer texts lose their end

  // One piece a line, the id is the line. Errors `model_missing`, `model_broken`.
  static Result<WordPieces> load(std::filesystem::path const& vocabulary);

  // [CLS] pieces [SEP]; at most tokens_max ids. Broken UTF-8 counts as blanks.
  std::vector<std::int64_t> ids(std::string_view text) const;

 private:
  void append_word(std::u32string_view word, std::vector<std::int64_t>& ids) const;
  std::int64_t find(std::string const& piece) const;

  std::unordered_map<std::string, std::int64_t> ids_;
  std::int64_t begin_ = 0, end_ = 0, unknown_ = 0;
};

}  // namespace sotto
