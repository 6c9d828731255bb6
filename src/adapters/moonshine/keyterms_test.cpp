#include "adapters/moonshine/keyterms.h"

#include <filesystem>
#include <fstream>
#include <optional>

#include <gtest/gtest.h>
#include <unistd.h>

namespace sotto {
namespace {

// Letters and joined pieces, the commonest first: "▁ab" can be written as one piece.
class KeytermsTest : public testing::Test {
 protected:
  KeytermsTest() {
    auto const file = std::filesystem::temp_directory_path() / ("sotto-keyterms-" + std::to_string(getpid()) + ".bin");
    std::ofstream out(file, std::ios::binary);
    for (std::string const piece : {"<unk>", "<s>", "</s>", "ab", "\xe2\x96\x81",
                                    "\xe2\x96\x81"
                                    "ab",
                                    "a", "b", "c"}) {
      out << static_cast<char>(piece.size()) << piece;
    }
    out.close();
    tokens.emplace(std::move(*MoonshineTokens::load(file)));
    std::filesystem::remove(file);
  }

  std::optional<MoonshineTokens> tokens;
  std::vector<float> logits = std::vector<float>(40, 0.0f);
};

TEST_F(KeytermsTest, TextBecomesPiecesByTheCommonestPairFirst) {
  EXPECT_EQ(tokens->encode("abc"), (std::vector<Token>{3, 8}));
  EXPECT_EQ(tokens->encode(" ab"), (std::vector<Token>{5}));
  EXPECT_EQ(tokens->encode("xac"), (std::vector<Token>{6, 8}));
  EXPECT_TRUE(tokens->encode("").empty());
}

TEST_F(KeytermsTest, WithoutTermsTheHighestIsChosen) {
  KeytermBias bias(nullptr);
  logits[33] = 5;
  EXPECT_EQ(bias.best(logits), 33);
  logits[2] = 6;
  EXPECT_EQ(bias.best(logits), 2);
  EXPECT_EQ(bias.value(logits, 33), 5);
  bias.follow(33);
  EXPECT_EQ(bias.best(logits), 2);
}

TEST_F(KeytermsTest, ATermIsRaisedFromItsBeginningOnAndMoreInsideIt) {
  Keyterms const terms(std::vector<std::string>{"abc"}, *tokens);
  KeytermBias bias(&terms);
  logits[7] = 1;
  EXPECT_EQ(bias.best(logits), 3);  // "ab" begins it
  logits[7] = 3;
  EXPECT_EQ(bias.best(logits), 7);
  bias.follow(3);
  EXPECT_EQ(bias.best(logits), 8);  // and "c" is surer than its beginning was
  bias.follow(8);
  EXPECT_EQ(bias.best(logits), 7);
}

TEST_F(KeytermsTest, AWordThatLeavesTheTermEndsIt) {
  Keyterms const terms(std::vector<std::string>{"abc", "aac"}, *tokens);
  KeytermBias bias(&terms);
  bias.follow(3);
  bias.follow(7);
  logits[7] = 2.5f;
  EXPECT_EQ(bias.best(logits), 7);
}

// Where whole texts are compared, what the beginning of a term gained is lost where the term does not go on.
TEST_F(KeytermsTest, ATextGainsByTermsThatItHoldsWhole) {
  Keyterms const terms(std::vector<std::string>{"abc", "aac"}, *tokens);
  KeytermBias bias(&terms);
  auto const begun = bias.credit_with(3);
  EXPECT_GT(begun, 0);
  EXPECT_EQ(bias.credit_with(7), 0);
  bias.follow(3);
  auto const whole = bias.credit_with(8);
  EXPECT_GT(whole, begun);
  EXPECT_EQ(bias.credit_with(7), 0);
  bias.follow(8);
  EXPECT_EQ(bias.credit_with(7), whole);
  EXPECT_GT(bias.credit_with(3), whole);  // another begins
  EXPECT_EQ(bias.raised(), (std::vector<Token>{3, 4, 5, 6}));
  EXPECT_EQ(KeytermBias(nullptr).credit_with(3), 0);
}

}  // namespace
}  // namespace sotto
