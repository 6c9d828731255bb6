#include "adapters/moonshine/digit_homophones.h"

#include <filesystem>
#include <fstream>
#include <optional>

#include <gtest/gtest.h>
#include <unistd.h>

namespace sotto {
namespace {

// Letters, figures and marks, each a piece.
class DigitHomophones : public testing::Test {
 protected:
  DigitHomophones() {
    auto const file = std::filesystem::temp_directory_path() / ("sotto-digits-" + std::to_string(getpid()) + ".bin");
    std::ofstream out(file, std::ios::binary);
    auto const put = [&](std::string const& piece) { out << static_cast<char>(piece.size()) << piece; };
    for (auto const* piece : {"<unk>", "<s>", "</s>", "\xe2\x96\x81"}) put(piece);
    for (char const c : std::string("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,.-'")) put({c});
    out.close();
    tokens.emplace(std::move(*MoonshineTokens::load(file)));
    std::filesystem::remove(file);
  }

  // With digits for all of them.
  std::string heard(std::string const& text) const {
    auto const said = tokens->encode(text);
    return tokens->text(with_digits_at(*tokens, said, digit_homophones(*tokens, said)));
  }

  std::optional<MoonshineTokens> tokens;
};

TEST_F(DigitHomophones, StandInsideOfAStringAndAtItsBeginning) {
  EXPECT_EQ(heard("My account ends in nine to six, three."), "My account ends in nine two six, three.");
  EXPECT_EQ(heard("number 7 to 4881"), "number 7 2 4881");
  EXPECT_EQ(heard("The code is to eight, four, zero"), "The code is two eight, four, zero");
  EXPECT_EQ(heard("two, six, seven, zero for this morning"), "two, six, seven, zero for this morning");
  EXPECT_EQ(heard("To seven to one six"), "two seven two one six");
}

TEST_F(DigitHomophones, FewDigitsAreNoString) {
  for (auto const* text : {"from nine to five", "I have two for you", "to the shop", ""}) EXPECT_EQ(heard(text), text);
}

TEST_F(DigitHomophones, ASentenceEndsAString) {
  auto const said = tokens->encode("zero one two. For days");
  EXPECT_TRUE(digit_homophones(*tokens, said).empty());
}

}  // namespace
}  // namespace sotto
