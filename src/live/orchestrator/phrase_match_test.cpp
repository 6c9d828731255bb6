#include "live/orchestrator/phrase_match.h"

#include <gtest/gtest.h>

namespace sotto::orchestrator {

static bool found(char const* phrase, char const* said) {
  return find_phrase(phrase, tokens(split_words(said))).has_value();
}

TEST(PhraseMatch, FindsTheWordsWhateverCaseAndPunctuation) {
  EXPECT_TRUE(found("cancel", "I would like to Cancel, please."));
  EXPECT_TRUE(found("card number", "Let me give you the card-number."));
  EXPECT_TRUE(found("I am leaving", "well I'm leaving"));
}

TEST(PhraseMatch, FollowsInflection) {
  EXPECT_TRUE(found("cancel", "I am cancelling it"));
  EXPECT_TRUE(found("cancel my contract", "we cancelled my contracts"));
  EXPECT_TRUE(found("charge", "you keep charging me"));
}

TEST(PhraseMatch, ForgivesWhatARecogniserMishears) {
  EXPECT_TRUE(found("right to cancel within fourteen days", "the right to cancel with in fourteen days of this"));
  EXPECT_TRUE(found("recorded for quality", "is being recorded for the quality and"));
  EXPECT_TRUE(found("emergency button", "one of those emergency butten around"));
}

TEST(PhraseMatch, OtherWordsAreNotForgiven) {
  EXPECT_FALSE(found("cancel", "can you sell it"));
  EXPECT_FALSE(found("cancel", "the council called"));
  EXPECT_FALSE(found("card number", "phone number"));
  EXPECT_FALSE(found("bill", "ball"));
  EXPECT_FALSE(found("right to cancel", "left to travel"));
  EXPECT_FALSE(found("move house", "move the mouse please"));
  EXPECT_FALSE(found("anything", ""));
}

TEST(PhraseMatch, SaysWhereItStands) {
  auto const words = split_words("Well, I want to cancel my contract today.");
  auto const span = find_phrase("cancel my contract", tokens(words));
  ASSERT_TRUE(span);
  EXPECT_EQ(span->first_word, 4u);
  EXPECT_EQ(span->past_word, 7u);
  EXPECT_GT(span->score, 0.99);
}

}  // namespace sotto::orchestrator
