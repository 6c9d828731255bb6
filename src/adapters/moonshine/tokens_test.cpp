#include "adapters/moonshine/tokens.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace sotto {
namespace {

class TokensFile : public testing::Test {
 protected:
  ~TokensFile() override { std::filesystem::remove(file); }

  Result<MoonshineTokens> load(std::string const& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
    return MoonshineTokens::load(file);
  }

  static std::string piece(std::string_view bytes) {
    if (bytes.size() < 128) return char(bytes.size()) + std::string(bytes);
    return std::string{char(128 + bytes.size() % 128), char(bytes.size() / 128)} + std::string(bytes);
  }

  std::filesystem::path const file =
      std::filesystem::temp_directory_path() / ("sotto-tokens-" + std::to_string(getpid()) + ".bin");
};

TEST_F(TokensFile, JoinsPiecesToWords) {
  auto const tokens = load(piece("<unk>") + piece("<s>") + piece("</s>") +
                           piece("\xe2\x96\x81"
                                 "can") +
                           piece("cel") +
                           piece("\xe2\x96\x81"
                                 "it") +
                           piece("."));
  ASSERT_TRUE(tokens.has_value());
  EXPECT_EQ(tokens->text(std::vector<Token>{1, 3, 4, 5, 6, 2}), "cancel it.");
  EXPECT_EQ(tokens->text(std::vector<Token>{99, -1}), "");
}

TEST_F(TokensFile, BytesBecomeCharactersAndBrokenOnesVanish) {
  auto const tokens = load(piece("\xc3") + piece("\xa9") + piece("a"));
  ASSERT_TRUE(tokens.has_value());
  EXPECT_EQ(tokens->text(std::vector<Token>{0, 1, 2}),
            "\xc3\xa9"
            "a");
  EXPECT_EQ(tokens->text(std::vector<Token>{0, 2}), "a");
}

TEST_F(TokensFile, AWordBeginsWithTheBlankOfItsFirstPiece) {
  auto const tokens = load(piece("</s>") + piece("\xe2\x96\x81") +
                           piece("\xe2\x96\x81"
                                 "can") +
                           piece("cel") + piece("it") + piece("."));
  ASSERT_TRUE(tokens.has_value());
  using Ranges = std::vector<TokenRange>;
  EXPECT_EQ(tokens->words(std::vector<Token>{2, 3, 1, 4, 5, 1, 0}), (Ranges{{0, 2}, {2, 4}}));
  EXPECT_EQ(tokens->words(std::vector<Token>{1, 3, 4, 2}), (Ranges{{0, 3}, {3, 4}}));
  EXPECT_TRUE(tokens->words(std::vector<Token>{0, 1, 1}).empty());
}

TEST_F(TokensFile, LongPiecesHaveTwoLengthBytes) {
  std::string const longest(300, 'x');
  auto const tokens = load(piece(longest) + piece("y"));
  ASSERT_TRUE(tokens.has_value());
  EXPECT_EQ(tokens->text(std::vector<Token>{1, 2}), "y");
  EXPECT_EQ(tokens->text(std::vector<Token>{0}), longest);
}

TEST_F(TokensFile, CutFileIsRefused) {
  auto const tokens = load(piece("yes") +
                           "\x05"
                           "ab");
  ASSERT_FALSE(tokens.has_value());
  EXPECT_EQ(tokens.error().code, "model_broken");
}

}  // namespace
}  // namespace sotto
