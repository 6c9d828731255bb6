#include "language/entities/multi_turn_entities.h"

#include <sstream>

#include <gtest/gtest.h>

namespace sotto::language {
namespace {

constexpr std::size_t kCustomer = 0, kAgent = 1;

struct Pieces : testing::Test {
  MultiTurnEntities dictations;
  std::int64_t at = 0;
  std::vector<HeardWord> heard;

  static std::string list(std::vector<Entity> const& entities) {
    std::string out;
    for (auto const& entity : entities) {
      out += (out.empty() ? "" : "; ") + std::string(name(entity.kind)) + " " + entity.value;
      if (entity.kind == Entity::Kind::phone && !entity.valid) out += " (in no plan)";
    }
    return out;
  }
  std::string say(std::size_t party, std::string const& text, std::int64_t pause = 700) {
    heard.clear();
    std::istringstream in(text);
    at += pause;
    for (std::string word; in >> word; at += 300) heard.push_back({word, at, at + 300});
    return list(dictations.push(party, heard));
  }
};

TEST_F(Pieces, OfAnOrderNumberBecomeOne) {
  EXPECT_EQ(say(kAgent, "What is your order number?"), "");
  EXPECT_EQ(say(kCustomer, "it's four one two"), "");
  EXPECT_EQ(say(kAgent, "Mm-hmm, four one two."), "");
  EXPECT_EQ(say(kCustomer, "nine double eight"), "order 412988");
  EXPECT_EQ(say(kAgent, "Got it, nine eight eight."), "");
  EXPECT_EQ(say(kCustomer, "no, sorry, eight seven"), "order 412987");
  EXPECT_EQ(say(kAgent, "Thank you, let me have a look at that."), "");
  EXPECT_EQ(say(kCustomer, "five"), "");
}

TEST_F(Pieces, OfAPhoneNumberAreValidByThePlan) {
  EXPECT_EQ(say(kCustomer, "my phone number is plus one"), "");
  EXPECT_EQ(say(kCustomer, "four one five"), "");
  EXPECT_EQ(say(kAgent, "Yes."), "");
  EXPECT_EQ(say(kCustomer, "five five five"), "");
  EXPECT_EQ(say(kCustomer, "two six seven one"), "phone +14155552671");
}

TEST_F(Pieces, SaidOnceMoreCountOnce) {
  say(kAgent, "And your ticket number?");
  EXPECT_EQ(say(kCustomer, "seven seven one"), "");
  EXPECT_EQ(say(kAgent, "Sorry, could you repeat that?"), "");
  EXPECT_EQ(say(kCustomer, "seven seven one"), "");
  EXPECT_EQ(say(kCustomer, "oh two three"), "ticket 771023");
  EXPECT_EQ(say(kCustomer, "seven seven one oh two three four"), "ticket 7710234");
}

TEST_F(Pieces, AreNotJoinedAcrossOtherTalkOrTime) {
  EXPECT_EQ(say(kCustomer, "my order number is 41298"), "order 41298");
  EXPECT_EQ(say(kCustomer, "77", 21'000), "");
  EXPECT_EQ(say(kCustomer, "my order number is 41298"), "order 41298");
  EXPECT_EQ(say(kAgent, "How many of them did you get?"), "");
  EXPECT_EQ(say(kCustomer, "three"), "");
  EXPECT_EQ(say(kCustomer, "my order number is 41298"), "order 41298");
  EXPECT_EQ(say(kAgent, "And your phone number?"), "");
  EXPECT_EQ(say(kCustomer, "415 555 2671"), "phone 4155552671");
}

TEST_F(Pieces, OfAFinalReadAnewAreJoinedAsBefore) {
  say(kCustomer, "the order number is four one two");
  EXPECT_EQ(say(kCustomer, "nine eight eight"), "order 412988");
  auto again = heard;
  again[2].text = "seven";
  say(kCustomer, "that's all");
  EXPECT_EQ(list(dictations.look(kCustomer, again)), "order 412987");
}

TEST_F(Pieces, LettersBeforeTheDigitsOfAnOrderAreOfIt) {
  EXPECT_EQ(say(kAgent, "Great, I've got order W N one three five zero nine four going out"), "order WN135094");
  EXPECT_EQ(say(kAgent, "I've got your order pulled up, is that Romeo Victor, seven two oh seven oh seven?"),
            "order RV720707");
  EXPECT_EQ(say(kCustomer, "my ticket is I N C nine double eight one"), "ticket INC9881");
  EXPECT_EQ(say(kCustomer, "my phone is O K four one five five five five two six seven one"), "phone 4155552671");
}

}  // namespace
}  // namespace sotto::language
