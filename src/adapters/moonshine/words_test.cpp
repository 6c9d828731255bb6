#include "adapters/moonshine/words.h"

#include <gtest/gtest.h>

#include "adapters/moonshine/moonshine_model.h"

namespace sotto {
namespace {

TEST(Words, ShareTheVoicedSpansByTheirLength) {
  auto const words = estimate_words("aaa bbb", {{1000, 2000}, {5000, 6000}}, {0, 8000});
  ASSERT_EQ(words.size(), 2u);
  EXPECT_EQ(words[0].text, "aaa");
  EXPECT_EQ(words[0].from, 1000);
  EXPECT_EQ(words[0].to, 2000);
  EXPECT_EQ(words[1].from, 5000);
  EXPECT_EQ(words[1].to, 6000);
  EXPECT_TRUE(words[1].estimated);
}

TEST(Words, WithoutVoiceShareTheWhole) {
  auto const words = estimate_words("yes", {}, {100, 900});
  ASSERT_EQ(words.size(), 1u);
  EXPECT_EQ(words[0].from, 100);
  EXPECT_EQ(words[0].to, 900);
}

TEST(Words, NoneInBlankText) {
  EXPECT_TRUE(estimate_words("", {{0, 10}}, {0, 10}).empty());
  EXPECT_TRUE(estimate_words("  ", {{0, 10}}, {0, 10}).empty());
}

TEST(Words, AreTimedByWhatTheModelKnows) {
  std::vector<HeardWord> heard{{.confidence = 0.25f, .when = {100, 900}}, {.confidence = 0.75f, .when = {1200, 2500}}};
  auto words = recognized_words("no thanks", heard, {{10'000, 12'000}}, {10'000, 12'000}, 10'000);
  ASSERT_EQ(words.size(), 2u);
  EXPECT_FALSE(words[0].estimated || words[1].estimated);
  EXPECT_EQ(words[0].from, 10'100);
  EXPECT_EQ(words[0].to, 10'900);
  EXPECT_EQ(words[1].from, 11'200);
  EXPECT_EQ(words[1].to, 12'000);  // no further than the segment
  EXPECT_FLOAT_EQ(words[0].confidence, 0.25f);
  heard[1].when = {};
  words = recognized_words("no thanks", heard, {{10'000, 12'000}}, {10'000, 12'000}, 10'000);
  EXPECT_TRUE(words[0].estimated && words[1].estimated);
  EXPECT_FLOAT_EQ(words[1].confidence, 0.75f);
  heard.pop_back();
  EXPECT_FLOAT_EQ(recognized_words("no thanks", heard, {}, {0, 800}, 0)[0].confidence, 1);
}

TEST(Words, TimesAreInOrderAndInsideWhateverTheModelSays) {
  std::vector<HeardWord> const heard{
      {.when = {0, 500}}, {.when = {0, 5}}, {.when = {900, 9000}}, {.when = {9000, 9100}}};
  auto const words = recognized_words("a b c d", heard, {}, {600, 3000}, 0);
  ASSERT_EQ(words.size(), 4u);
  auto before = std::int64_t{600};
  for (auto const& word : words) {
    EXPECT_FALSE(word.estimated);
    EXPECT_GE(word.from, before);
    EXPECT_GT(word.to, word.from);
    before = word.to;
  }
  EXPECT_LE(before, 3000);
}

TEST(Words, MoreWordsThanVoiceAreMadeUp) {
  EXPECT_FALSE(too_many_words("yes", {{0, 1024}}));
  EXPECT_FALSE(too_many_words("one two three four five six seven", {{0, 16000}}));
  EXPECT_TRUE(too_many_words("thank you for watching this video today", {{0, 1024}}));
}

TEST(Words, LoopsAreFoundAndRepeatedDigitsAreNot) {
  std::vector<Token> digits(4, 70), loop(12, 70), phrase;
  for (int repeat = 0; repeat < 4; ++repeat) phrase.insert(phrase.end(), {5, 6, 7});
  EXPECT_EQ(loop_in(digits, 16000), 0u);
  EXPECT_GT(loop_in(loop, 16000), 0u);
  EXPECT_GT(loop_in(phrase, 16000), 0u);
  phrase.push_back(9);
  EXPECT_EQ(loop_in(phrase, 16000), 0u);
}

}  // namespace
// "No, no, no, no, no, no, no": two tokens each, in two and a half seconds; and on and on.
TEST(Words, WhatPeopleSayOverAndOverIsNoLoop) {
  std::vector<Token> tokens{5, 6, 7};
  for (int i = 0; i < 7; ++i) tokens.insert(tokens.end(), {40, 41});
  EXPECT_EQ(loop_in(tokens, 40'000), 0u);
  EXPECT_GT(loop_in(tokens, 8'000), 0u);
  for (int i = 0; i < 20; ++i) tokens.insert(tokens.end(), {40, 41});
  EXPECT_GT(loop_in(tokens, 40'000), 0u);
}

}  // namespace sotto
