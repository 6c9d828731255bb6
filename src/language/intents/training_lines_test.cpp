#include "language/intents/training_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::language {
namespace {

std::string problem(std::string const& text) {
  auto const read = read_training_lines(text);
  return read ? "" : std::to_string(read.error().line) + ": " + read.error().reason;
}

TEST(TrainingLines, NoneIsNoIntentHoweverItIsWritten) {
  auto const read =
      read_training_lines("lost it\tlost\nmy bag is lost\tlost\nbye\tNone\nthanks\tNONE\nhm\tnone\nso\t\n");
  ASSERT_TRUE(read) << read.error().reason;
  ASSERT_EQ(read->examples.size(), 6u);
  for (std::size_t i = 2; i < 6; ++i) EXPECT_TRUE(read->examples[i].intents.empty()) << i;
}

TEST(TrainingLines, FieldsInQuotesAreWithoutThem) {
  auto const read = read_training_lines(
      "\"lost, \"\"it\"\" is\"\t\"lost\"\nso lost\t\"lost, bag\"\n\"No\" he said\tbag\t\"what\tis "
      "it\"\n\"a\t\"b\n\"bag\"\tbag\n");
  ASSERT_FALSE(read) << "a quote that does not end is the text's own, and so the label is \"b";
  auto const good = read_training_lines(
      "\"lost, \"\"it\"\" is\"\t\"lost\"\nso lost\t\"lost, bag\"\n\"No\" he said\tbag\t\"what\tis it\"\n");
  ASSERT_TRUE(good) << good.error().reason;
  EXPECT_EQ(good->examples[0].text, "lost, \"it\" is");
  EXPECT_EQ(good->examples[0].intents, std::vector<std::string>{"lost"});
  EXPECT_EQ(good->examples[1].intents, (std::vector<std::string>{"lost", "bag"}));
  EXPECT_EQ(good->examples[2].text, "\"No\" he said");
  EXPECT_EQ(good->examples[2].before, std::vector<std::string>{"what is it"});
}

TEST(TrainingLines, AnIntentWithOneExampleIsToldWithItsLine) {
  EXPECT_THAT(problem("\na\tlost\nb\tlost\nc\tcancel\n"), testing::StartsWith("4: intent cancel has one example"));
  EXPECT_THAT(problem("just words\n"), testing::StartsWith("1: a line is"));
  EXPECT_THAT(problem("\n\n"), testing::StartsWith("0: holds no examples"));
}

TEST(TrainingLines, TheSameTwiceAndContradictionsAreWarnedOf) {
  auto const read = read_training_lines(
      "lost it\tlost\nmy bag\tlost\nLost  it\tlost\nmy bag\tbag\nmy bag\tbag\tand what\nx\tBag\ny\tBag\n");
  ASSERT_TRUE(read) << read.error().reason;
  std::vector<std::string> told;
  for (auto const& warning : read->warnings) told.push_back(std::to_string(warning.line) + ": " + warning.reason);
  EXPECT_THAT(told,
              testing::ElementsAre("3: says the same as line 1", "4: is labelled bag, the same text in line 2 lost",
                                   testing::StartsWith("6: intent Bag and intent bag of line 4")));
}

}  // namespace
}  // namespace sotto::language
