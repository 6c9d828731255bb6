#include "language/privacy/late_cards.h"

#include <sstream>

#include <gtest/gtest.h>

namespace sotto::language {
namespace {

constexpr std::size_t kCustomer = 0, kAgent = 1;

// Finals go on as they are said; shown() is what can be read of them now.
struct Late : testing::Test {
  LateCards cards;
  std::int64_t at = 0, key = 0;
  std::vector<std::vector<std::string>> finals;

  std::size_t say(std::size_t track, std::string const& text, std::int64_t pause = 700) {
    std::vector<HeardWord> words;
    std::istringstream in(text);
    at += pause;
    for (std::string word; in >> word; at += 300) words.push_back({word, at, at + 300});
    std::vector<std::string> shown;
    for (auto const& word : words) shown.push_back(word.text);
    cards.push(track, key, words);
    finals.push_back(shown);
    hide(finals.back(), cards.pass(track, key, shown));
    ++key;
    take();
    return finals.size() - 1;
  }
  static void hide(std::vector<std::string>& words, std::vector<MaskedNumber> const& numbers) {
    for (auto const& number : numbers) {
      for (auto i = number.first; i <= number.last; ++i) words[i] = "#";
    }
  }
  void take() {
    for (auto const& late : cards.take()) {
      for (auto const word : late.words) finals[static_cast<std::size_t>(late.key)][word] = "#";
    }
  }
  void learn(std::string const& digits) {
    cards.learn(digits, at);
    take();
  }
  std::string shown(std::size_t final) const {
    std::string out;
    for (auto const& word : finals[final]) {
      if (word == "#" && out.ends_with('#')) continue;
      out += (out.empty() ? "" : " ") + word;
    }
    return out;
  }
};

TEST_F(Late, PiecesBetweenNodsAreOneCard) {
  auto const first = say(kCustomer, "All right, it's four seven one six");
  say(kAgent, "Got that.");
  auto const second = say(kCustomer, "two three eight nine");
  say(kAgent, "yep");
  auto const third = say(kCustomer, "then oh five one seven");
  EXPECT_EQ(shown(third), "then oh five one seven") << "nothing says yet that it is one";
  auto const last = say(kCustomer, "three six four zero. Did you get all of it?");
  EXPECT_EQ(shown(first), "All right, it's #");
  EXPECT_EQ(shown(second), "#");
  EXPECT_EQ(shown(third), "then #");
  EXPECT_EQ(shown(last), "# Did you get all of it?");
}

TEST_F(Late, PiecesThatAreReadBackAreOneCard) {
  auto const first = say(kCustomer, "five three seven two");
  auto const echo = say(kAgent, "Fifty three seventy two.");
  auto const second = say(kCustomer, "oh nine one eight");
  say(kAgent, "zero nine one eight");
  say(kCustomer, "four six oh five");
  say(kAgent, "four six oh five");
  say(kCustomer, "seventeen thirty six");
  for (auto const final : {first, echo, second}) EXPECT_EQ(shown(final).back(), '#') << shown(final);
}

TEST_F(Late, OtherTalkBetweenThePiecesMakesThemOtherNumbers) {
  auto const first = say(kCustomer, "four seven one six two three eight nine");
  say(kAgent, "And which of our branches was it that you have been to?");
  say(kCustomer, "oh five one seven three six four zero");
  EXPECT_EQ(shown(first), "four seven one six two three eight nine");
}

TEST_F(Late, PiecesOfANamedNumberStay) {
  say(kAgent, "What is the tracking number?");
  auto const first = say(kCustomer, "four seven one six two three eight nine");
  say(kAgent, "okay");
  say(kCustomer, "oh five one seven three six four zero");
  EXPECT_EQ(shown(first), "four seven one six two three eight nine");
}

TEST_F(Late, OfTwoDigitsTooManyOrTooFewNothingIsHidden) {
  auto const first = say(kCustomer, "nine four seven one six two three eight nine");
  say(kAgent, "okay");
  say(kCustomer, "oh five one seven three six four zero");
  EXPECT_EQ(shown(first), "nine four seven one six two three eight nine");
}

TEST_F(Late, WhatWasSaidBeforeTheRestartIsHidden) {
  auto const begun = say(kCustomer, "That's my wife's, forty seven");
  auto const more = say(kCustomer, "sixteen");
  say(kAgent, "Could you begin anew, please?");
  learn("4716238905173640");
  EXPECT_EQ(shown(begun), "That's my wife's, #");
  EXPECT_EQ(shown(more), "#");
}

TEST_F(Late, BothSidesOfAnInterruptionAreHidden) {
  auto const before = say(kCustomer, "four seven one six two three eight nine, hold on, the bell is ringing.");
  auto const after = say(kCustomer, "So where were we? Oh five one seven three six four zero.");
  learn("4716238905173640");
  EXPECT_EQ(shown(before), "# hold on, the bell is ringing.");
  EXPECT_EQ(shown(after), "So where were we? #");
}

TEST_F(Late, ASlipAndItsCorrectionAreHidden) {
  auto const middle =
      say(kCustomer,
          "It's four seven one six two three nine nine, sorry, eight nine oh five one seven three six four zero");
  auto const end = say(
      kCustomer, "four seven one six two three eight nine oh five one seven three six four six, no, my mistake, zero");
  learn("4716238905173640");
  EXPECT_EQ(shown(middle), "It's # sorry, #");
  EXPECT_EQ(shown(end), "# no, my mistake, #");
}

TEST_F(Late, WhatIsRepeatedOfItIsHidden) {
  learn("4716238905173640");
  EXPECT_EQ(shown(say(kAgent, "I missed some of it, nine oh five one, and behind that?")),
            "I missed some of it, # and behind that?");
  EXPECT_EQ(shown(say(kCustomer, "Seven three six four zero.")), "#");
}

TEST_F(Late, WhatWasMisheardAndIsPutRightIsHidden) {
  learn("4716238905173640");
  auto const misheard = say(kAgent, "Is it two four eight nine there?");
  EXPECT_EQ(shown(misheard), "Is it two four eight nine there?") << "it may be anything";
  EXPECT_EQ(shown(say(kCustomer, "No, two three eight nine.")), "No, #");
  EXPECT_EQ(shown(misheard), "Is it # there?");
}

TEST_F(Late, OtherNumbersBesideACardStay) {
  learn("4716238905173640");
  for (auto const* text :
       {"Your order number is two three eight nine.", "That's one seven three dollars.", "It's seven one six two oh.",
        "We come on the sixteenth at half past two.", "The flat is six two three.", "ninety one forty four please",
        "the last four digits are three six four zero"}) {
    EXPECT_EQ(shown(say(kAgent, text)), text);
  }
  say(kAgent, "And what is your account number?");
  EXPECT_EQ(shown(say(kCustomer, "two three eight nine")), "two three eight nine");
}

TEST_F(Late, ACardIsNotLookedForMinutesBefore) {
  auto const long_ago = say(kCustomer, "four seven one six two three eight nine");
  at += 200'000;
  learn("4716238905173640");
  EXPECT_EQ(shown(long_ago), "four seven one six two three eight nine");
}

TEST_F(Late, WhatHasAllBeenTakenBackIsNotAskedForAgain) {
  say(kCustomer, "four seven one six two three eight nine");
  learn("4716238905173640");
  cards.learn("4716238905173640", at);
  EXPECT_TRUE(cards.take().empty());
}

// What a recogniser makes of noise.
TEST_F(Late, ManyWaysToReadTheSameWordsCostNothing) {
  learn("4222222222222220");
  std::string noise = "four";
  for (int i = 0; i < 300; ++i) noise += " to";
  EXPECT_EQ(shown(say(kCustomer, noise)).front(), '#');
}

TEST_F(Late, ThreeDigitsBehindAnExpiryAreTheCodeOfACardThatIsKnown) {
  for (auto const& [said, shown_] : {
           std::pair("November twenty nine and it's nine nine seven on the back",
                     "November twenty nine and it's # on the back"),
           std::pair("Nine twenty seven, twenty four four.", "Nine twenty seven, #"),
           std::pair("march twenty thirty four three seven", "march twenty thirty #"),
           std::pair("oh one thirty one and then there's the six four seven on the strip",
                     "oh one thirty one and then there's the # on the strip"),
           std::pair("April twenty twenty nine and eight nought two.", "April twenty twenty nine and #"),
       }) {
    learn("4716238998761234");
    EXPECT_EQ(shown(say(kCustomer, said)), shown_);
  }
}

TEST_F(Late, ThreeDigitsAreNoCodeWithoutACardOrWithAnotherName) {
  std::string const said = "November twenty nine and it's nine nine seven on the back";
  EXPECT_EQ(shown(say(kCustomer, said)), said);
  learn("4716238998761234");
  EXPECT_EQ(shown(0), "November twenty nine and it's # on the back") << "late";
  for (std::string const other :
       {"May twenty nine and the order is nine nine seven", "March twenty thirty nine nine seven four two",
        "it was two hundred and twelve in November"}) {
    EXPECT_EQ(shown(say(kCustomer, other)), other);
  }
}

}  // namespace
}  // namespace sotto::language
