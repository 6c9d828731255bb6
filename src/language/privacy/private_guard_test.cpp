#include "language/privacy/private_guard.h"

#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "language/numbers/iban.h"

namespace sotto::language {
namespace {

constexpr std::size_t kCustomer = 0, kAgent = 1;

struct Private : testing::Test {
  PrivateGuard guard;
  std::int64_t at = 0;
  std::vector<MaskedNumber> masked;

  std::vector<HeardWord> words(std::string const& text, std::int64_t from) const {
    std::vector<HeardWord> out;
    std::istringstream in(text);
    for (std::string word; in >> word; from += 300) out.push_back({word, from, from + 300});
    return out;
  }
  std::string shown(std::vector<HeardWord> const& words, std::vector<MaskedNumber> const& numbers) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
      auto text = words[i].text;
      bool again = false;
      for (auto const& number : numbers) {
        if (i < number.first || i > number.last) continue;
        text = fmt::format("[{}]", name(number.kind));
        again = i > number.first;
      }
      if (!again) out += (out.empty() ? "" : " ") + text;
    }
    return out;
  }
  std::string say(std::size_t track, std::string const& text, std::int64_t pause = 700) {
    auto const heard = words(text, at += pause);
    at = heard.back().end_ms;
    masked = guard.push(track, heard);
    return shown(heard, masked);
  }
  std::string partial(std::size_t track, std::string const& text) {
    auto const heard = words(text, at + 700);
    return shown(heard, guard.look(track, heard, true));
  }
  std::string last_four() const { return masked.empty() ? "none" : masked.back().last_four; }
};

TEST_F(Private, AnAccountNumberIsHiddenWhereItsLabelSaysSo) {
  EXPECT_EQ(say(kCustomer, "my account number is one two three four five six seven eight"),
            "my account number is [account]");
  EXPECT_EQ(last_four(), "5678");
  EXPECT_TRUE(masked.back().valid);
  EXPECT_EQ(say(kCustomer, "It's for account 12345678, please."), "It's for account [account] please.");
  EXPECT_EQ(say(kCustomer, "The sort code is 98-76-54."), "The sort code is [account]");
  EXPECT_EQ(last_four(), "") << "four of six are most of them";
  EXPECT_TRUE(masked.back().valid);
}

TEST_F(Private, ItIsHiddenWhereTheOtherPartyAsksForIt) {
  EXPECT_EQ(say(kAgent, "What is your account number?"), "What is your account number?");
  EXPECT_EQ(partial(kCustomer, "it's one"), "it's [account]");
  EXPECT_EQ(say(kCustomer, "it's double one two three"), "it's [account]");
  EXPECT_EQ(last_four(), "");
  EXPECT_EQ(say(kAgent, "Got it, three."), "Got it, [account]");
  EXPECT_EQ(say(kCustomer, "then four five, no, sorry, six, and oh nine"), "then [account]");
  EXPECT_EQ(last_four(), "4609");
  EXPECT_EQ(say(kAgent, "So that's 1123 4609?"), "So that's [account]");
  EXPECT_EQ(say(kAgent, "How many cards do you need?"), "How many cards do you need?");
  EXPECT_EQ(say(kCustomer, "two"), "two");
}

TEST_F(Private, ALabelBehindTheDigitsHidesThem) {
  EXPECT_EQ(say(kCustomer, "12345678 is my account number"), "[account] is my account number");
  EXPECT_EQ(say(kCustomer, "five oh two three four oh six oh nine, that's my social security number."),
            "[identity] that's my social security number.");
  EXPECT_EQ(say(kCustomer, "I ordered 97531. What is my account number?"),
            "I ordered 97531. What is my account number?");
}

TEST_F(Private, AnIbanIsHiddenWithAndWithoutALabel) {
  EXPECT_EQ(say(kCustomer, "send it to DE89 3704 0044 0532 0130 00 please"), "send it to [iban] please");
  EXPECT_EQ(last_four(), "3000");
  EXPECT_EQ(say(kCustomer, "GB82WEST12345698765432"), "[iban]");
  EXPECT_EQ(say(kCustomer,
                "that is D E eight nine three seven oh four double oh four four oh five three two oh one three double "
                "oh oh"),
            "that is [iban]");
  guard = PrivateGuard();
  EXPECT_EQ(say(kAgent, "And your IBAN?"), "And your IBAN?");
  EXPECT_EQ(say(kCustomer, "G B eight two W as in Whiskey E S T"), "[iban]");
  EXPECT_EQ(say(kCustomer, "1234 5698"), "[iban]");
  EXPECT_EQ(last_four(), "");
  EXPECT_EQ(say(kCustomer, "7654 32"), "[iban]");
  EXPECT_EQ(last_four(), "5432");
  EXPECT_TRUE(masked.back().valid);
}

TEST_F(Private, IdentityNumbersNeverShowTheirLastFour) {
  EXPECT_EQ(say(kCustomer, "My social is 123-45-6789."), "My social is [identity]");
  EXPECT_EQ(last_four(), "");
  EXPECT_TRUE(masked.back().valid);
  EXPECT_EQ(say(kAgent, "And the last four of your social?"), "And the last four of your social?");
  EXPECT_EQ(say(kCustomer, "6789"), "[identity]");
  EXPECT_EQ(say(kAgent, "What's your national insurance number?"), "What's your national insurance number?");
  EXPECT_EQ(say(kCustomer, "Q Q one two three four five six C"), "[identity]");
  EXPECT_FALSE(masked.back().valid) << "QQ is never issued";
  EXPECT_EQ(say(kCustomer, "my passport number is C01X00T47"), "my passport number is [identity]");
  EXPECT_EQ(say(kCustomer, "my SSN is six six six, two three, three four four five"), "my SSN is [identity]");
  EXPECT_FALSE(masked.back().valid) << "the SSA issues no area 666";
}

TEST_F(Private, OtherNumbersAreLeftAlone) {
  for (auto const* text :
       {"The order number is 4 1 1 2 9 9.", "My phone number is 415 555 0123.", "Ticket 12345678",
        "I have had the account for two years.", "My account was charged forty five dollars on March 12 2024.",
        "I opened the account in 2019.", "my account ending in 5678", "My policy number is 12345678.",
        "I saw it on social media 12 times.", "The code is 853-37-1694."}) {
    EXPECT_EQ(say(kCustomer, text, 100'000), text);
  }
  EXPECT_EQ(say(kAgent, "And your account number?"), "And your account number?");
  EXPECT_EQ(say(kCustomer, "I don't have it, but the order number is 12345678."),
            "I don't have it, but the order number is 12345678.");
}

TEST_F(Private, WhatWasHiddenStaysHidden) {
  say(kAgent, "Your account number, when you have it?");
  auto const heard = words("one two three four five six seven eight", at += 700);
  at = heard.back().end_ms;
  EXPECT_EQ(guard.push(kCustomer, heard).size(), 1u);
  say(kAgent, "What's the order number?");
  auto again = heard;
  again[0].text = "nine";
  EXPECT_EQ(shown(again, guard.look(kCustomer, again, false)), "[account]");
  EXPECT_EQ(say(kCustomer, "so it was one two three four five six seven eight"), "so it was [account]");
}

TEST_F(Private, AKindCanBeSwitchedOff) {
  guard = PrivateGuard({.account = false});
  EXPECT_EQ(say(kCustomer, "my account number is 12345678"), "my account number is 12345678");
  EXPECT_EQ(say(kCustomer, "my SSN is 123-45-6789"), "my SSN is [identity]");
}

// 20,000 words of any kind take no time that anybody notices.
TEST_F(Private, HostileFinalsAreReadInLinearTime) {
  for (auto const* unit :
       {"1 x ", "account number when ", "A 1 ", "DE89 3704 ", "account number 12345678 ", "no sorry 5 "}) {
    std::string text;
    while (text.size() < 100'000) text += unit;
    guard = PrivateGuard();
    say(kCustomer, text);
    EXPECT_LE(masked.size(), 100'000u) << unit;
  }
}

TEST(Iban, HasTheLengthOfItsCountryAndACheck) {
  for (auto const* text : {"DE89370400440532013000", "gb82west12345698765432", "NO9386011117947"})
    EXPECT_TRUE(iban(text)) << text;
  for (auto const* text : {"DE89370400440532013001", "DE8937040044053201300", "", "8937040044053201300012"})
    EXPECT_FALSE(iban(text)) << text;
  EXPECT_TRUE(begins_iban("DE8937"));
  EXPECT_FALSE(begins_iban("ZZ8937"));
}

}  // namespace
}  // namespace sotto::language
