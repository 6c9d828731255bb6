#include "adapters/moonshine/ending.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(Ending, WholeSentencesEndATurn) {
  EXPECT_EQ(ending_of("How much is it going to cost?"), Ending::finished);
  EXPECT_EQ(ending_of("Is there anything else that I can do for you?"), Ending::finished);
  EXPECT_EQ(ending_of("Goodbye."), Ending::finished);
}

TEST(Ending, OpeningsAndLinkingWordsDoNot) {
  for (auto const* text : {"Well,", "Okay.", "Hm.", "I am sorry to hear that, but.", "I would like to cancel the."}) {
    EXPECT_EQ(ending_of(text), Ending::open) << text;
  }
}

TEST(Ending, TheFirstGroupOfANumberDoesNot) {
  EXPECT_LT(turn_ends("It is four nine two nine."), 0.3);
  EXPECT_LT(turn_ends("The code is 4 7 1."), turn_ends("The code is on the letter."));
}

TEST(Ending, WithoutWordsNothingIsKnown) {
  EXPECT_EQ(turn_ends(""), 0.5);
  EXPECT_EQ(turn_ends(" ... "), 0.5);
}

// What train.py's features() and weights.tsv give; a change of either side of the pair shows here.
TEST(Ending, AgreesWithTheTraining) {
  EXPECT_NEAR(turn_ends("But the line was dead for a whole day."), 0.28, 0.01);
  EXPECT_NEAR(turn_ends("Hello, my internet has been dead since last night."), 0.43, 0.01);
  EXPECT_NEAR(turn_ends("Thank goodness."), 0.09, 0.01);
}

}  // namespace
}  // namespace sotto
