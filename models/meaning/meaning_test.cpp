// The shipped weights do what the model card says (`make eval NAME=meaning` prints it).
#include "meaning/held_out.h"

#include <gtest/gtest.h>

#include "adapters/minilm/sentence_encoder.h"

namespace sotto::eval {

TEST(Meaning, TellsWhatIsSaidFromNearMissesBetterThanTheSentenceVectorInTradesItWasNotTrainedOn) {
  auto const encoder = SentenceEncoder::load(SOTTO_SOURCE_DIR "/.cache/minilm");
  ASSERT_TRUE(encoder) << encoder.error().message;
  auto const by = [&](auto encode) { return HeldOutTrades(SOTTO_SOURCE_DIR "/models", encode).figures(); };
  auto const meaning = by([&](std::string const& text) { return encoder->meaning_of(text).value(); });
  auto const vector = by([&](std::string const& text) { return encoder->encode(text).value(); });
  EXPECT_EQ(meaning.said, 516u);
  EXPECT_GT(meaning.recall, 0.13);
  EXPECT_LT(meaning.near_false, 0.25);
  EXPECT_GT(meaning.recall, 1.5 * vector.recall);
  EXPECT_LT(meaning.near_false, 0.5 * vector.near_false);
}

}  // namespace sotto::eval
