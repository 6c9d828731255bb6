#include "live/transcript/privacy_gate.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace sotto::transcript {
namespace {

Hypothesis said(Track track, std::int64_t from_ms, std::string const& text, bool final = true) {
  Hypothesis out{.track = track, .final = final, .from = from_ms * 8, .to = from_ms * 8, .text = text};
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find(' ', at), text.size());
    out.words.push_back({text.substr(at, end - at), out.to / 8, out.to / 8 + 300});
    out.to += 300 * 8;
    at = end + 1;
  }
  return out;
}

std::string text_of(std::optional<PrivacyGate::Passed> const& passed) {
  if (!passed) return "held";
  if (std::holds_alternative<PrivacyGate::Silence>(*passed)) return "silence";
  return std::get<PrivacyGate::Safe>(*passed)->text;
}

struct Gate : testing::Test {
  PrivacyGate gate;
  Time now{Duration(1'700'000'000'000'000)};

  std::string take(Track track = Track::customer) { return text_of(gate.take(track, now)); }
};

TEST_F(Gate, WordsWithoutDigitsGoOnAtOnce) {
  gate.on_final(said(Track::customer, 0, "I want to cancel my contract."), now);
  EXPECT_EQ(take(), "I want to cancel my contract.");
  EXPECT_EQ(take(), "held");
}

TEST_F(Gate, ACardOverTwoFinalsIsHeldUntilItIsKnown) {
  gate.on_final(said(Track::agent, 0, "Can I have the card number please?"), now);
  EXPECT_EQ(take(Track::agent), "Can I have the card number please?");
  gate.on_final(said(Track::customer, 3000, "It's four one one one, one one one one"), now);
  gate.on_silence(Track::customer, 48000, 50000);
  EXPECT_EQ(take(), "held");
  EXPECT_EQ(gate.heard_to(Track::customer, 0), 50000);
  now += 2s;
  gate.on_final(said(Track::customer, 8000, "one one one one, one one double one."), now);
  auto const first = gate.take(Track::customer, now);
  EXPECT_EQ(text_of(first), "It's [card]");
  EXPECT_EQ(std::get<PrivacyGate::Safe>(*first)->words.size(), 9u);
  EXPECT_EQ(take(), "silence");
  auto const second = gate.take(Track::customer, now);
  EXPECT_EQ(text_of(second), "[card]");
  ASSERT_EQ(std::get<PrivacyGate::Safe>(*second)->masked.size(), 1u);
  EXPECT_EQ(std::get<PrivacyGate::Safe>(*second)->masked[0].last_four, "1111");
}

TEST_F(Gate, WhatIsHeldGoesOnAfterTheBound) {
  gate.on_final(said(Track::customer, 0, "4111 1111"), now);
  now += limits::kCardHold - Duration(1);
  EXPECT_EQ(take(), "held");
  now += Duration(1);
  EXPECT_EQ(take(), "4111 1111") << "eight digits that nobody called a card are no card";
}

TEST_F(Gate, ABegunCardThatWasAskedForIsMaskedAfterTheBound) {
  gate.on_final(said(Track::agent, 0, "What is the long number on the card?"), now);
  take(Track::agent);
  gate.on_final(said(Track::customer, 3000, "five three nine nine two"), now);
  EXPECT_EQ(take(), "held");
  now += limits::kCardHold;
  EXPECT_EQ(take(), "[card]");
}

TEST_F(Gate, OtherNumbersAreNotTouched) {
  std::int64_t at = 0;
  for (auto const* words : {"My phone number is 415 555 0123.", "The order number is 4 1 1 2 9 9.",
                            "I paid forty five dollars on March 12 2024.", "Call me at half past nine."}) {
    gate.on_final(said(Track::customer, at += 10000, words), now);
    EXPECT_EQ(take(), words);
  }
}

TEST_F(Gate, APartialNeverShowsACard) {
  gate.on_final(said(Track::agent, 0, "Your card number please."), now);
  take(Track::agent);
  EXPECT_EQ(gate.partial(said(Track::customer, 3000, "It's four one one one", false))->text, "It's [card]");
  EXPECT_EQ(gate.partial(said(Track::customer, 3000, "I have it", false))->text, "I have it");
}

TEST_F(Gate, ACorrectionDoesNotBringBackWhatWasMasked) {
  gate.on_final(said(Track::customer, 0, "my card is 4111 1111 1111 1111 okay"), now);
  EXPECT_EQ(take(), "my card is [card] okay");
  auto again = said(Track::customer, 0, "my card is 4111 1111 1111 1117 okay");
  again.revised = true;
  auto const safe = gate.revised(std::move(again));
  ASSERT_TRUE(safe);
  EXPECT_EQ((*safe)->text, "my card is [card] okay");
}

TEST_F(Gate, ACorrectionOfWhatIsHeldFollowsIt) {
  gate.on_final(said(Track::customer, 0, "my card is 4111 1111"), now);
  auto again = said(Track::customer, 0, "my card is 4111 1112");
  again.revised = true;
  EXPECT_FALSE(gate.revised(std::move(again)));
  gate.settle(Track::customer);
  EXPECT_EQ(take(), "my card is [card]");
  EXPECT_EQ(take(), "my card is [card]");
  EXPECT_EQ(take(), "held");
}

TEST_F(Gate, TheCodeThatWasAskedForIsMasked) {
  gate.on_final(said(Track::agent, 0, "And the three digits on the back?"), now);
  EXPECT_EQ(take(Track::agent), "And the three digits on the back?");
  gate.on_final(said(Track::customer, 2000, "that's nine oh seven"), now);
  EXPECT_EQ(take(), "that's [cvv]");
}

TEST_F(Gate, AnAccountNumberIsMaskedAtOnce) {
  gate.on_final(said(Track::agent, 0, "What is your account number?"), now);
  EXPECT_EQ(take(Track::agent), "What is your account number?");
  EXPECT_EQ(gate.partial(said(Track::customer, 2000, "it's two one", false))->text, "it's [account]");
  gate.on_final(said(Track::customer, 2000, "it's two one three four"), now);
  EXPECT_EQ(take(), "it's [account]");
  gate.on_final(said(Track::customer, 5000, "five six seven eight."), now);
  auto const passed = gate.take(Track::customer, now);
  EXPECT_EQ(text_of(passed), "[account]");
  auto const& masked = std::get<PrivacyGate::Safe>(*passed)->masked;
  ASSERT_EQ(masked.size(), 1u);
  EXPECT_EQ(masked[0].kind, "account");
  EXPECT_EQ(masked[0].last_four, "5678");
  EXPECT_TRUE(masked[0].valid);
}

TEST_F(Gate, ACardIsACardWhateverWasAskedFor) {
  gate.on_final(said(Track::customer, 0, "my account number is 4111 1111 1111 1111"), now);
  auto const passed = gate.take(Track::customer, now);
  EXPECT_EQ(text_of(passed), "my account number is [card]");
  EXPECT_EQ(std::get<PrivacyGate::Safe>(*passed)->masked.size(), 1u);
}

TEST_F(Gate, PartsOfAnIbanAreNoCard) {
  gate.on_final(said(Track::agent, 0, "And your IBAN?"), now);
  take(Track::agent);
  gate.on_final(said(Track::customer, 3000, "DE89 4111 1111 1111 1111 00"), now);
  gate.settle(Track::customer);
  EXPECT_EQ(take(), "[iban]");
}

TEST_F(Gate, KindsAreOfTheTenant) {
  Masking const masking{.tenants = {{"acme", {.account = false}}}, .others = {}};
  PrivacyGate readable(masking.of("acme")), hidden(masking.of("other"));
  for (auto* one : {&readable, &hidden}) {
    one->on_final(said(Track::customer, 0, "my account number is 12345678"), now);
    EXPECT_EQ(text_of(one->take(Track::customer, now)),
              one == &hidden ? "my account number is [account]" : "my account number is 12345678");
    one->on_final(said(Track::customer, 9000, "my card is 4111 1111 1111 1111 okay"), now);
    EXPECT_EQ(text_of(one->take(Track::customer, now)), "my card is [card] okay");
  }
}

TEST_F(Gate, WhatWasAskedForBeforeARestartIsKnown) {
  Utterance question{.track = Track::agent, .text = "And your account number?"};
  for (auto const* word : {"And", "your", "account", "number?"}) question.words.push_back({word, 1000, 1300});
  gate.recall(question);
  gate.on_final(said(Track::customer, 3000, "one two three four"), now);
  EXPECT_EQ(take(), "[account]");
}

TEST_F(Gate, TextThatSaysMoreDigitsThanItsWordsIsNotTrusted) {
  auto odd = said(Track::customer, 0, "hello there");
  odd.text = "hello 4111 1111 1111 1111";
  gate.on_final(std::move(odd), now);
  EXPECT_EQ(take(), "hello there");
  Hypothesis bare{.final = true, .to = 8000, .text = "my card is 4111 1111 1111 1111"};
  gate.on_final(std::move(bare), now);
  EXPECT_EQ(take(), "my card is [card]");
}

// Digits of nobody knows what, until the last of them: those before have gone on.
TEST_F(Gate, WhatWentOnOfACardIsTakenBackOnceItIsKnown) {
  std::int64_t at = 0;
  for (auto const* piece : {"so four seven one six", "two three eight nine"}) {
    gate.on_final(said(Track::customer, at += 10'000, piece), now);
    now += limits::kCardHold;
    EXPECT_EQ(take(), piece);
    EXPECT_TRUE(gate.take_late().empty());
  }
  gate.on_final(said(Track::customer, at += 10'000, "oh five one seven three six four zero"), now);
  EXPECT_EQ(take(), "[card]");
  auto const late = gate.take_late();
  ASSERT_EQ(late.size(), 2u);
  EXPECT_EQ(late[0].runs, (std::vector<std::string>{"four seven one six"}));
  EXPECT_EQ(late[0].words, (std::vector<std::size_t>{1, 2, 3, 4}));
  EXPECT_EQ(late[0].to, said(Track::customer, 10'000, "so four seven one six").to);
  EXPECT_TRUE(gate.take_late().empty()) << "once";
}

TEST_F(Gate, PiecesThatAnotherProcessStoredAreKnownAgain) {
  std::int64_t at = 0;
  for (auto const* piece : {"so four seven one six", "two three eight nine"}) {
    auto const before = said(Track::customer, at += 10'000, piece);
    gate.recall({.track = before.track, .from = before.from, .to = before.to, .words = before.words});
  }
  EXPECT_TRUE(gate.take_late().empty());
  gate.on_final(said(Track::customer, at += 10'000, "oh five one seven three six four zero"), now);
  EXPECT_EQ(take(), "[card]");
  EXPECT_EQ(gate.take_late().size(), 2u);
}

TEST_F(Gate, WhatIsRepeatedOfACardIsMasked) {
  gate.on_final(said(Track::customer, 0, "4716238905173640 it says"), now);
  EXPECT_EQ(take(), "[card] it says");
  auto const* repeated = "was there a nine oh five one in it?";
  EXPECT_EQ(gate.partial(said(Track::agent, 9000, repeated, false))->text, "was there a [card] in it?");
  gate.on_final(said(Track::agent, 9000, repeated), now);
  EXPECT_EQ(take(Track::agent), "was there a [card] in it?");
  EXPECT_TRUE(gate.take_late().empty());
}

}  // namespace
}  // namespace sotto::transcript
