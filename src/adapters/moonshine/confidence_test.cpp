#include "adapters/moonshine/confidence.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace sotto {
namespace {

HeardWord heard(float least) { return {.evidence = {.least = least, .sum = least, .entropy = -least, .tokens = 1}}; }

std::vector<float> judged(std::string text, std::vector<HeardWord> words, std::string other = "") {
  Decoding decoding{.text = std::move(text), .words = std::move(words)};
  judge_words(decoding, std::move(other));
  std::vector<float> out;
  for (auto const& word : decoding.words) out.push_back(word.confidence);
  return out;
}

TEST(Confidence, AWordThatTheModelDoubtedIsUncertain) {
  auto const sure = judged("I want to leave.", {heard(-0.01f), heard(-0.02f), heard(-0.01f), heard(-0.01f)});
  for (auto const one : sure) EXPECT_GT(one, 0.9f);
  auto const doubted = judged("I want to leave.", {heard(-0.01f), heard(-0.02f), heard(-0.01f), heard(-2.5f)});
  EXPECT_LT(doubted[3], limits::kSureWord);
  EXPECT_GT(doubted[0], doubted[3]);
}

TEST(Confidence, AnotherReadingCountsForWhatItCovers) {
  std::vector const words{heard(-0.5f), heard(-0.5f), heard(-0.5f)};
  auto const alone = judged("one two three", words);
  auto const same = judged("one two three", words, "One, two,");
  auto const other = judged("one two three", words, "one who three");
  EXPECT_GT(same[0], alone[0]);
  EXPECT_LT(other[1], same[1]);
  EXPECT_GT(other[2], alone[2]);
}

TEST(Confidence, TheLastWordOfAnotherReadingMayGoOn) {
  std::vector const words{heard(-0.5f), heard(-0.5f), heard(-0.5f)};
  auto const features = [&](std::string_view other) { return confidence_features("to cancel it", words, other); };
  auto const value = [](ConfidenceFeatures const& word, std::string_view name) {
    return std::ranges::find(word, name, &std::pair<std::string_view, double>::first)->second;
  };
  EXPECT_EQ(value(features("to can")[1], "differs"), 0);
  EXPECT_EQ(value(features("to can it")[1], "differs"), 1);
  EXPECT_EQ(value(features("to cancel")[1], "same"), 1);
  EXPECT_EQ(value(features("")[0], "same") + value(features("")[0], "differs"), 0);
}

TEST(Confidence, NothingIsKnownOfATextWithoutEvidence) {
  EXPECT_TRUE(judged("a text", {}).empty());
  EXPECT_TRUE(confidence_features("", {}, "other").empty());
}

}  // namespace
}  // namespace sotto
