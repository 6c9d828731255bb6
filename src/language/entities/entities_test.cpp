#include "language/entities/entities.h"

#include <sstream>

#include <gtest/gtest.h>

namespace sotto::language {
namespace {

std::string found(std::string const& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) words.push_back(word);
  std::string out;
  for (auto const& entity : find_entities(words)) {
    out += (out.empty() ? "" : "; ") + std::string(name(entity.kind)) + " " + entity.value;
  }
  return out;
}

TEST(Entities, AreFoundWrittenAndSaid) {
  EXPECT_EQ(found("my email is a dot b c at g mail dot com"), "email a.bc@gmail.com");
  EXPECT_EQ(found("Write to Ada.L@Example.org, please."), "email ada.l@example.org");
  EXPECT_EQ(found("call me on 415 555 0123"), "phone 4155550123");
  EXPECT_EQ(found("my phone number is oh two double three five one two three four"), "phone 023351234");
  EXPECT_EQ(found("The order number is four one two, no, sorry, five."), "order 415");
  EXPECT_EQ(found("it was on july twenty fifth two thousand twelve"), "date 2012-07-25");
  EXPECT_EQ(found("on the third of may"), "date --05-03");
  EXPECT_EQ(found("She was born on 2/8/1935."), "date 1935-02-08");
  EXPECT_EQ(found("come at half past three"), "time 03:30");
  EXPECT_EQ(found("seventy five dollars sixty three"), "money 75.63 USD");
  EXPECT_EQ(found("you charged $12.50 twice"), "money 12.50 USD");
  EXPECT_EQ(found("My IBAN is GB82 WEST 1234 5698 7654 32"), "iban GB82WEST12345698765432");
  EXPECT_EQ(found("My name is Ada Lovelace."), "name Ada Lovelace");
  EXPECT_EQ(found("I live at 12 Maple Street"), "address 12 maple street");
  EXPECT_EQ(found("I live at one sixty six Maple Street."), "address 166 maple street");
  EXPECT_EQ(found("we moved to two twelve Cedar Lane"), "address 212 cedar lane");
  EXPECT_EQ(found("Call oh eight hundred, nine four six, oh one two three."), "phone 08009460123");
  EXPECT_EQ(found("Call me on oh seven seven double oh nine hundred one two three."), "phone 07700900123");
  EXPECT_EQ(found("My phone is oh one six three two nine hundred four five six"), "phone 01632900456");
}

TEST(Entities, AreFoundInWrittenForms) {
  EXPECT_EQ(found("Call +1 (415) 555-2671x45, or 0490 75 40 81."), "phone +14155552671; phone 0490754081");
  EXPECT_EQ(found("We moved to Rua Augusta 25 Apt. 4, Lisboa 1250."), "address rua augusta 25 apt 4 lisboa 1250");
  EXPECT_EQ(found("Send it to P.O. Box 12 please"), "address p.o box 12");
  EXPECT_EQ(found("Hello, this is Mrs. Ukkonen speaking."), "name Ukkonen");
  EXPECT_EQ(found("I spoke with Sarah K. Novak on Monday."), "name Sarah K Novak; date Monday");
  EXPECT_EQ(found("I ordered it in 2019"), "date 2019");
}

TEST(Entities, PhoneNumbersAreValidByTheirPlan) {
  for (auto const& [text, valid] : {std::pair{"+14155552671", true}, {"+1415555267", false}, {"020 7946 0018", true}}) {
    std::vector<std::string> words;
    std::istringstream in(text);
    for (std::string word; in >> word;) words.push_back(word);
    auto const entities = find_entities(words);
    ASSERT_EQ(entities.size(), 1u) << text;
    EXPECT_EQ(entities[0].kind, Entity::Kind::phone);
    EXPECT_EQ(entities[0].valid, valid) << text;
  }
}

TEST(Entities, OrdinaryWordsNameNothing) {
  for (auto const* words :
       {"I want to cancel my contract.", "Meet me at the office.", "It takes two to three weeks.", "You may go first.",
        "Well, I bought the Nokia 12 from Amazon.", "Thank You very much, Good Morning.", "The code is 853-37-1694.",
        "My server is 10.0.0.1"}) {
    EXPECT_EQ(found(words), "") << words;
  }
}

}  // namespace
}  // namespace sotto::language
