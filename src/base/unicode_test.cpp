#include "base/unicode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/yaml.h"

namespace sotto::language {
namespace {

std::string decoded(std::string_view bytes) { return decode_text(bytes).value_or("(refused)"); }
std::string problem(std::string_view bytes) {
  auto const text = decode_text(bytes);
  return text ? "" : std::to_string(text.error().line) + ": " + text.error().reason;
}

TEST(Unicode, ATextFileIsReadWhateverWroteIt) {
  EXPECT_EQ(decoded("\xef\xbb\xbfone\r\ntwo\rthree\n"), "one\ntwo\nthree\n");
  EXPECT_EQ(decoded(std::string_view("\xff\xfeh\0\xe9\0\r\0\n\0\x3d\xd8\0\xde", 14)), "h\xc3\xa9\n\xf0\x9f\x98\x80");
  EXPECT_EQ(decoded(std::string_view("\xfe\xff\0h\0i", 6)), "hi");
  EXPECT_EQ(decoded("a\xef\xbb\xbf b\f"), "a b ");
}

TEST(Unicode, WhatIsNoTextIsNamedWithItsLine) {
  EXPECT_THAT(problem("one\ncaf\xe9\n"), testing::StartsWith("2: is not UTF-8 text (byte \\xe9"));
  EXPECT_THAT(problem(std::string_view("one\n\0", 5)), testing::StartsWith("2: holds a NUL"));
  EXPECT_THAT(problem("one\r\n\x1b[31m"), testing::StartsWith("2: holds the control character \\x1b"));
  EXPECT_THAT(problem("\xc2\x85"), testing::HasSubstr("control character"));
  EXPECT_THAT(problem("\xed\xa0\x80"), testing::HasSubstr("not UTF-8"));
  EXPECT_THAT(problem(std::string_view("\xff\xfe\n\0\x3d\xd8", 6)), testing::StartsWith("2: is not UTF-16"));
  EXPECT_THAT(problem(std::string_view("\xff\xfe\n", 3)), testing::HasSubstr("half a character"));
  EXPECT_THAT(problem(std::string_view("\xff\xfe\0\0", 4)), testing::HasSubstr("UTF-32"));
  auto const long_line = decode_text("a\n" + std::string(100, 'b'), 50);
  ASSERT_FALSE(long_line);
  EXPECT_EQ(long_line.error().line, 2);
}

TEST(Unicode, WhatIsComparedHasOneForm) {
  EXPECT_EQ(plain("don\xe2\x80\x99t \xe2\x80\x9cstop\xe2\x80\x9d"), "don't \"stop\"");
  EXPECT_EQ(plain("can\xc2\xad"
                  "cel\xe2\x80\x8b  my\xc2\xa0plan "),
            "cancel my plan");
  EXPECT_EQ(plain("\xef\xac\x81nal pre\xe2\x80\x91paid \xe2\x80\x93 \xef\xbc\xa1\xc2\xbd"), "final pre-paid - A1/2");
  EXPECT_EQ(plain("\u00a325\u00b9, 2\u00bd hours, pounds\u00b2, 20 m\u00b2, CO\u2082"),
            "\u00a325 1, 2 1/2 hours, pounds 2, 20 m2, CO2");
  EXPECT_EQ(plain("cafe\xcc\x81"), "caf\xc3\xa9");
  EXPECT_EQ(plain(" \xe2\x80\x8b "), "");
}

TEST(Unicode, WhatIsShownStaysAsWritten) {
  EXPECT_EQ(readable("don\xe2\x80\x99t\xc2\xa0 \xe2\x80\x93 of\xef\xac\x81\xc2\xad"
                     "ce"),
            "don\xe2\x80\x99t \xe2\x80\x93 office");
}

TEST(Unicode, BytesAreShownEscaped) {
  EXPECT_EQ(escaped("caf\xe9\n\x1b[31m\xe2\x80\xae caf\xc3\xa9"), "caf\\xe9\\x0a\\x1b[31m\\xe2\\x80\\xae caf\xc3\xa9");
  EXPECT_EQ(stray_character("a\tb\n"), "");
  EXPECT_EQ(stray_character("a\x07"), "\\x07");
}

std::string yaml_problem(std::string_view bytes) {
  auto const loaded = load_yaml(bytes, 1000);
  return loaded ? "" : std::to_string(loaded.error().line) + ": " + loaded.error().reason;
}

TEST(Yaml, IsOneDocumentWithPlainIndentation) {
  EXPECT_EQ(load_yaml("\xef\xbb\xbf---\r\n- a\r\n...\r\n")->size(), 1);
  EXPECT_TRUE(load_yaml("# nothing\n")->IsNull());
  EXPECT_THAT(yaml_problem("- a\n---\n- b\n"), testing::StartsWith("3: a second document"));
  EXPECT_THAT(yaml_problem("- a:\n  \xc2\xa0 b: c\n"), testing::StartsWith("2: begins with a space"));
  EXPECT_THAT(yaml_problem("- a\n\xe2\x80\x8b- b\n"), testing::HasSubstr("U+200B"));
  EXPECT_THAT(yaml_problem("[a]\n- b\n"), testing::StartsWith("2: a second document"));
  EXPECT_NE(yaml_problem(","), "");  // documents without end, to the library
  EXPECT_EQ(yaml_problem("- a\n---\n# nothing more\n"), "");
  EXPECT_THAT(yaml_problem("- {\n"), testing::MatchesRegex("[0-9]+: .+"));
  EXPECT_THAT(yaml_problem(std::string(2000, '#')), testing::HasSubstr("at most"));
  EXPECT_THAT(yaml_problem("a: \xe9"), testing::HasSubstr("UTF-8"));
}

TEST(Yaml, ATextInTypographicQuotesIsNotCutInTwo) {
  auto const cut = testing::HasSubstr("typographic quote");
  EXPECT_THAT(yaml_problem("a: 1\nb: [ \u201clost, parcel\u201d, \u201cx\u201d ]"),
              testing::StartsWith("2: the text "));
  EXPECT_THAT(yaml_problem("[ \u201clost, parcel\u201d ]"), cut);
  EXPECT_THAT(yaml_problem("[ \u201ewo ist es, bitte\u201c ]"), cut);
  EXPECT_THAT(yaml_problem("[ \u00aboui, bien\u00bb ]"), cut);
  EXPECT_THAT(yaml_problem("[ \u2018lost, parcel\u2019 ]"), cut);
  EXPECT_THAT(yaml_problem("[ lost, parcel\u201d ]"), cut);
  EXPECT_THAT(yaml_problem("{ a: \u201cone, two\u201d }"), cut);
  EXPECT_THAT(yaml_problem("a: \u201cticket # 12\u201d"), cut);
  EXPECT_EQ(yaml_problem("[ \u201clost parcel\u201d, \u201cwhere is it\u201d, \u2018so\u2019 ]"), "");
  EXPECT_EQ(yaml_problem("[ \"\u201clost, parcel\", 'it is 12\u201d, or so' ]"), "");
  EXPECT_EQ(yaml_problem("[ don\u2019t, the customers\u2019, \u2018tis, a 12\u201d pipe of 14\u201d ]"), "");
  EXPECT_EQ(yaml_problem("[ the customers\u2019, a pipe of 14\u201d ]"), "");
  EXPECT_EQ(yaml_problem("a: \u201cone, two\u201d, he said\n"), "");
}

TEST(Yaml, AConflictOfVersionsIsNamed) {
  EXPECT_THAT(yaml_problem("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> main\n"),
              testing::StartsWith("2: two versions"));
  EXPECT_EQ(yaml_problem("a: |\n  =======\n  <<<<<<<<< wow\n"), "");
}

}  // namespace
}  // namespace sotto::language
