// The shipped weights do what the model card says (`make eval NAME=answering` prints it).
#include "answering/held_out.h"

#include <gtest/gtest.h>

namespace sotto::eval {

TEST(Answering, HalvesTheAnswersWhereThereIsNoneInBusinessesItWasNotTrainedOn) {
  auto const encoder = SentenceEncoder::load(SOTTO_SOURCE_DIR "/.cache/minilm");
  ASSERT_TRUE(encoder) << encoder.error().message;
  Answering found;
  for (auto const& business : held_out_businesses(SOTTO_SOURCE_DIR "/models")) found.ask(business, *encoder);
  EXPECT_EQ(found.read.answerable + found.read.other, 810);
  EXPECT_LT(found.read.wrong, 0.5 * found.scored.wrong);
  EXPECT_GT(found.read.right, 0.85 * found.scored.right);
}

}  // namespace sotto::eval
