// When each word was said, by where in the sound the model listened while it wrote the word's tokens. Some heads of the
// decoder's attention follow the sound (models/moonshine/choose_heads.py); the best way through their mean, one frame
// of the encoder after the other and one token after the other, gives each token its stretch. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "adapters/moonshine/segmenter.h"
#include "adapters/moonshine/tokens.h"

namespace sotto {

// A frame of the encoder, in samples.
inline constexpr std::int64_t kEncoderFrame = 384;

// How much each row listened to each frame; a row is what was asked for one token, the last one for the end. Of some
// heads, together.
class Listening {
 public:
  Listening(std::size_t rows, std::size_t frames) : rows_(rows), frames_(frames), weights_(rows * frames) {}

  // Adds a head: softmax of query x key. `queries`: [rows, stride], of which the head's are the first `width` of each;
  // `keys`: [frames, width].
  void add(std::span<float const> queries, std::size_t stride, std::span<float const> keys, std::size_t width);

  // The first frame of each row on the way on which the rows listened most, each to one frame or more, and the end of
  // the last one: rows + 1 numbers that rise. Nothing where there are more rows than frames.
  std::vector<std::size_t> way() const;

 private:
  std::size_t rows_, frames_;
  std::vector<float> weights_;
};

// From the frames to words: `words` counts tokens, `first` is the row of token 0. Times are samples of `audio`, in
// order and without overlap; what is silent at the edges of a word is not its own.
std::vector<Span> spans_of_words(std::span<std::size_t const> way, std::size_t first, std::span<TokenRange const> words,
                                 std::span<float const> audio);

// Of each word, whether it was said nowhere: where a decoder goes round in a circle, the words that it writes again
// find no sound of their own, and the way gives them a frame or two each. Four words or more of which each has less
// than 80 ms and all together some 40 ms a word: nobody speaks half as fast.
std::vector<bool> said_nowhere(std::span<Span const> words);

}  // namespace sotto
