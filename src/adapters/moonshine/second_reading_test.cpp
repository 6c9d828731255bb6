#include "adapters/moonshine/second_reading.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

constexpr std::int64_t kSecond = 16000;

ReadSegment segment(std::int64_t from, std::int64_t to, std::string text) {
  return {{from * kSecond, to * kSecond}, {{from * kSecond, to * kSecond}}, std::move(text)};
}

Decoding joint(std::string text) { return {.text = std::move(text)}; }

ReadSegment const first = segment(0, 3, "I want to leave you and move.");
ReadSegment const behind = segment(3, 6, "My contract to you.");

TEST(SecondReading, CorrectsThePartThatWasMisheard) {
  auto const revised = corrections(first, behind, joint("I want to leave you and move my contract to Yell."));
  ASSERT_EQ(revised.size(), 1u);
  EXPECT_EQ(revised[0].from, 3 * kSecond);
  EXPECT_EQ(revised[0].to, 6 * kSecond);
  EXPECT_EQ(revised[0].text, "my contract to Yell.");
  ASSERT_EQ(revised[0].words.size(), 4u);
  EXPECT_GE(revised[0].words[0].from, 3 * kSecond);
  EXPECT_LE(revised[0].words[3].to, 6 * kSecond);
}

TEST(SecondReading, CorrectsBoth) {
  auto const revised = corrections(first, behind, joint("I want to leave you in May my contract too."));
  ASSERT_EQ(revised.size(), 2u);
  EXPECT_EQ(revised[0].text, "I want to leave you in May");
  EXPECT_EQ(revised[1].text, "my contract too.");
}

TEST(SecondReading, CorrectedWordsAreAsSureAsTheJointReading) {
  auto reading = joint("I want to leave you and move my contract to Yell.");
  for (int word = 0; word < 11; ++word) reading.words.push_back({.confidence = 0.05f * static_cast<float>(word)});
  auto const revised = corrections(first, behind, reading);
  ASSERT_EQ(revised.size(), 1u);
  ASSERT_EQ(revised[0].words.size(), 4u);
  EXPECT_FLOAT_EQ(revised[0].words[0].confidence, 0.35f);
  EXPECT_FLOAT_EQ(revised[0].words[3].confidence, 0.5f);
}

TEST(SecondReading, MarksAndCapitalsCorrectNothing) {
  EXPECT_TRUE(corrections(first, behind, joint("I want to leave you, and move my contract to you")).empty());
}

TEST(SecondReading, NoPartIsLeftWithoutWords) {
  EXPECT_TRUE(corrections(first, behind, joint("")).empty());
  EXPECT_TRUE(corrections(first, behind, joint("I want to leave you and move")).empty());
}

TEST(SecondReading, NorWithMoreThanItsVoiceCanHold) {
  auto const short_one = segment(3, 4, "Yes.");
  std::string many = "I want to leave you and move";
  for (int word = 0; word < 12; ++word) many += " yes";
  EXPECT_TRUE(corrections(first, short_one, joint(many)).empty());
}

}  // namespace
}  // namespace sotto
