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
  EXPECT_FALSE(wants_digits_read_again("I have two cards and 100 dollars"));
  EXPECT_FALSE(wants_digits_read_again("Two."));
}

TEST(LoneDigits, NoWordsAtAllAreReadAgain) {
  EXPECT_TRUE(wants_digits_read_again(""));
  EXPECT_TRUE(digits_read_better("", "four one seven"));
  EXPECT_FALSE(digits_read_better("", "Thank you."));
  EXPECT_FALSE(digits_read_better("", "Two."));
}

TEST(LoneDigits, TheOtherReadingIsTakenWhereTheLengthsDiffer) {
  EXPECT_TRUE(wants_digits_read_again("four one seven"));
  EXPECT_FALSE(digits_read_better("four one seven two", "four nine seven two"));
  EXPECT_TRUE(digits_read_better("1 2 3 4 5 6 7 8 9 10 11 12", "one two three four"));
  EXPECT_TRUE(digits_read_better("four one seven two", "four one seven two eight"));
  EXPECT_FALSE(digits_read_better("four one seven two", "for once having two"));
}

}  // namespace
}  // namespace sotto
