#include "adapters/minilm/word_pieces.h"

#include <fstream>

#include <gtest/gtest.h>

namespace sotto {
namespace {

std::vector<std::int64_t> ids(std::string_view text) {
  static auto const pieces = WordPieces::load(SOTTO_SOURCE_DIR "/.cache/minilm/vocab.txt");
  return pieces ? pieces->ids(text) : std::vector<std::int64_t>{};
}

using Ids = std::vector<std::int64_t>;

TEST(WordPieces, WordsAndMarks) { EXPECT_EQ(ids("Hello, world!"), (Ids{101, 7592, 1010, 2088, 999, 102})); }

TEST(WordPieces, SplitsWordsFromTheLeft) { EXPECT_EQ(ids("unaffable"), (Ids{101, 14477, 20961, 3468, 102})); }

TEST(WordPieces, IgnoresCaseAndAccents) { EXPECT_EQ(ids("CAF\xc3\x89"), ids("cafe")); }

TEST(WordPieces, ComposedAndDecomposedAreOne) { EXPECT_EQ(ids("caf\xc3\xa9"), ids("cafe\xcc\x81")); }

TEST(WordPieces, BlanksOfAnyKindSeparate) {
  EXPECT_EQ(ids("a\tb\n c\xc2\xa0"
                "d"),
            ids("a b c d"));
}

TEST(WordPieces, UnknownWordIsOneToken) { EXPECT_EQ(ids("a \xf0\x9f\xa6\xa6 b"), (Ids{101, 1037, 100, 1038, 102})); }

TEST(WordPieces, EmptyTextHasOnlyTheFrame) { EXPECT_EQ(ids(""), (Ids{101, 102})); }

TEST(WordPieces, LongTextLosesItsEnd) {
  std::string text;
  for (int word = 0; word < 500; ++word) text += "yes ";
  auto const cut = ids(text);
  EXPECT_EQ(cut.size(), WordPieces::tokens_max);
  EXPECT_EQ(cut.front(), 101);
  EXPECT_EQ(cut.back(), 102);
}

TEST(WordPieces, BrokenBytesDoNoHarm) {
  EXPECT_EQ(ids("yes \xff\xfe no"), ids("yes no"));
  EXPECT_FALSE(ids("\xe2\x82").empty());
}

// Source of the lines: models/minilm/golden_tokens.py.
TEST(WordPieces, AgreesWithTheTokenizerOfTheEncoder) {
  std::ifstream golden(SOTTO_SOURCE_DIR "/src/adapters/minilm/golden_tokens.txt");
  int lines = 0;
  for (std::string line; std::getline(golden, line); ++lines) {
    auto const tab = line.find('\t');
    ASSERT_NE(tab, std::string::npos);
    auto const text = line.substr(tab + 1);
    std::string joined;
    for (auto const id : ids(text)) joined += (joined.empty() ? "" : " ") + std::to_string(id);
    EXPECT_EQ(joined, line.substr(0, tab)) << text;
  }
  EXPECT_GT(lines, 30);
}

TEST(WordPieces, MissingVocabularyNamesTheFile) {
  auto const pieces = WordPieces::load("/nowhere/vocab.txt");
  ASSERT_FALSE(pieces.has_value());
  EXPECT_EQ(pieces.error().code, "model_missing");
  EXPECT_NE(pieces.error().message.find("/nowhere/vocab.txt"), std::string::npos);
  EXPECT_NE(pieces.error().message.find("make setup"), std::string::npos);
}

}  // namespace
}  // namespace sotto
