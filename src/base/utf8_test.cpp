#include "base/utf8.h"

#include <gtest/gtest.h>

namespace sotto {

TEST(Utf8, JudgesWhatComesFromOutside) {
  for (auto const* text : {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC 5"}) EXPECT_TRUE(is_utf8(text)) << text;
  for (auto const* text : {"caf\xE9", "\xC3", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xC0\xAF"})
    EXPECT_FALSE(is_utf8(text)) << text;
  EXPECT_FALSE(is_utf8(std::string_view("a\0b", 3)));
}

TEST(Utf8, IsCutBeforeACharacter) {
  EXPECT_EQ(first_bytes("caf\xC3\xA9", 4), "caf");
  EXPECT_EQ(first_bytes("caf\xC3\xA9", 5), "caf\xC3\xA9");
}

TEST(Utf8, ALogLineIsOneLine) {
  EXPECT_EQ(one_line("a\nb\x1b[31mc\xE9\xC2\x85"), "a\\nb\\x1b[31mc\\xe9\\xc2\\x85");
  EXPECT_EQ(one_line(std::string(500, 'x'), 10), "xxxxxxxxxx...");
  EXPECT_EQ(one_line("\xE2\x80\xA8"), "\\u2028");
}

}  // namespace sotto
