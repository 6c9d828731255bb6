#include "adapters/moonshine/lone_digits.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(LoneDigits, SaidAndWrittenOnesAreCounted) {
  EXPECT_EQ(lone_digits("Four, two. seven"), 3u);
  EXPECT_EQ(lone_digits("4177 twenty-one"), 6u);
  EXPECT_EQ(lone_digits("It's 4 1 7 7."), 4u);
  EXPECT_EQ(lone_digits("oh nine"), 2u);
  EXPECT_EQ(lone_digits(""), 0u);
}

TEST(LoneDigits, NumbersInsideASentenceAreNone) {
  EXPECT_EQ(lone_digits("I have two cards and 100 dollars"), 0u);
  EXPECT_FALSE(may_be_digits({"I have two cards and 100 dollars", -0.1f}));
}

TEST(LoneDigits, WhatTheModelIsUnsureOfMayBeDigits) {
  EXPECT_TRUE(may_be_digits({"", -0.1f}));
  EXPECT_TRUE(may_be_digits({"four one seven", -0.1f}));
  EXPECT_TRUE(may_be_digits({"Heaven fall, it's five, yield", -0.6f}));
  EXPECT_FALSE(may_be_digits({"I cannot get online at all", -0.1f}));
  EXPECT_FALSE(may_be_digits({"A, B, 1, 2, 3", -0.2f})) << "a code, and sure of it";
}

TEST(LoneDigits, ThoseThatSoundLikeDigitsTakeThePlaceOfOtherWords) {
  Heard const words{"Heaven fall, it's five", -0.6f};
  EXPECT_TRUE(digits_heard_better(words, {"Seven, four, eight, five", -0.8f}));
  EXPECT_FALSE(digits_heard_better(words, {"Seven, four, eight, five", -2.0f}));
  EXPECT_FALSE(digits_heard_better({"I have moved it.", -0.45f}, {"Seven, four, eight, five", -0.98f}));
  EXPECT_FALSE(digits_heard_better({"I have moved it.", -0.9f}, {"Seven, four, eight, five", -1.2f}));
  EXPECT_FALSE(digits_heard_better({"Monkey", -0.7f}, {"One, two.", -0.5f})) << "too few of them";
  EXPECT_TRUE(digits_heard_better({"", -0.7f}, {"Two.", -0.5f}));
  EXPECT_FALSE(digits_heard_better({"", -0.7f}, {"", -0.1f}));
}

TEST(LoneDigits, OfTwoReadingsThatAreNumbersTheLikelierIsTaken) {
  EXPECT_TRUE(digits_heard_better({"4, 1, 7, 2, 9", -0.5f}, {"four one seven two", -0.2f}));
  EXPECT_FALSE(digits_heard_better({"double four, twenty-one", -0.2f}, {"four four two one", -0.5f}));
  EXPECT_TRUE(digits_heard_better({"four, one, seven, two, nine, ten, eleven", -0.6f}, {"four one seven two", -0.5f}));
}

TEST(LoneDigits, WordsOfTheOtherModelMustBeSure) {
  EXPECT_TRUE(words_where_none({"What?", -0.1f}));
  EXPECT_FALSE(words_where_none({"Thought of", -0.8f}));
  EXPECT_FALSE(words_where_none({"", -0.1f}));
}

}  // namespace
}  // namespace sotto
