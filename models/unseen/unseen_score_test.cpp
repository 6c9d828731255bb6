#include "unseen/unseen_score.h"

#include <map>

#include <gtest/gtest.h>

#include "unseen/unseen_gate.h"

namespace sotto::unseen {
namespace {

using Texts = std::vector<std::vector<std::string>>;

ShownCue cue(std::string rule, std::size_t turn, std::int64_t at_ms = 0) {
  return {.rule = std::move(rule), .turn = turn, .at_ms = at_ms};
}

ShownCue answer(std::string file, std::string heading, std::size_t turn) {
  return {.rule = "knowledge", .turn = turn, .answer = true, .file = std::move(file), .heading = std::move(heading)};
}

TEST(UnseenScore, ACueComesAtItsTurnOrWithinTwoTurnsBehind) {
  Call const call{.cues = {{"leave", 10}}};
  for (auto const& [turn, came] : {std::pair{9U, false}, {10U, true}, {12U, true}, {13U, false}}) {
    auto const score = score_cues(call, {.cues = {cue("leave", turn)}});
    EXPECT_EQ(score.came, std::vector{came}) << turn;
    EXPECT_EQ(score.fits, std::vector{came ? Fit::right : Fit::wrong}) << turn;
  }
  EXPECT_EQ(score_cues(call, {}).came, std::vector{false});
  EXPECT_EQ(score_cues(call, {.cues = {cue("other", 10)}}).fits, std::vector{Fit::wrong});
}

TEST(UnseenScore, WhatMayComeIsNeitherRightNorWrongButCountsAsHavingComeBeforeItsTurn) {
  Call const call{.cues = {{"leave", 10}}, .may = {{"leave", 5}, {"pay", 3}}};
  auto const early = score_cues(call, {.cues = {cue("leave", 6), cue("pay", 4)}});
  EXPECT_EQ(early.came, std::vector{true});
  EXPECT_EQ(early.fits, (std::vector{Fit::allowed, Fit::allowed}));
  // Behind the turn of the cue it is late.
  Call const behind{.cues = {{"leave", 10}}, .may = {{"leave", 20}}};
  EXPECT_EQ(score_cues(behind, {.cues = {cue("leave", 20)}}).came, std::vector{false});
  // What came before the first time is not the second time.
  Call const twice{.cues = {{"leave", 10}, {"leave", 20}}, .may = {{"leave", 5}}};
  EXPECT_EQ(score_cues(twice, {.cues = {cue("leave", 5)}}).came, (std::vector{true, false}));
}

TEST(UnseenScore, ARuleOfTimeComesAtItsSecond) {
  Call const call{.cues = {{"notice", 15, 40}}};
  EXPECT_EQ(score_cues(call, {.cues = {cue("notice", 9, 40'100)}}).fits, std::vector{Fit::right});
  EXPECT_EQ(score_cues(call, {.cues = {cue("notice", 15, 39'900)}}).came, std::vector{false});
  EXPECT_EQ(score_cues(call, {.cues = {cue("notice", 15, 45'100)}}).came, std::vector{false});
}

TEST(UnseenScore, AnItemIsTickedByItsTurn) {
  Call const call{.ticks = {{"fee", 7}, {"recap", 9, true}}};
  auto const score = score_ticks(call, {.ticks = {{"fee", 7}, {"recap", 10}, {"identity", 3}}});
  EXPECT_EQ(score.ticked, (std::vector{true, false}));
  EXPECT_EQ(score.wrong, std::vector<std::size_t>{2});
  EXPECT_EQ(score_ticks(call, {.ticks = {{"fee", 8}}}).ticked, (std::vector{false, false}));
}

TEST(UnseenScore, AnAnswerInACallIsOfTheRightPassageAtItsTurn) {
  Call const call{.answers = {{4, "fees.md", "The fee"}}, .no_answer = {12}};
  auto const score = score_answers(
      call, {.cues = {answer("fees.md", "the fee", 5), answer("fees.md", "Refunds", 4),
                      answer("fees.md", "The fee", 12), answer("fees.md", "The fee", 20), cue("leave", 4)}});
  EXPECT_EQ(score.came, std::vector{true});
  EXPECT_EQ(score.fits, (std::vector{AnswerFit::right, AnswerFit::other_passage, AnswerFit::no_answer_exists,
                                     AnswerFit::unlabelled, AnswerFit::none}));
}

TEST(UnseenScore, AnAnswerIsRightByItsPassageOrByItsWordsInTheVersionInForce) {
  Question const question{.file = "fees-2026.md", .heading = "The fee", .must = {"45 euro", "x-ray"}};
  EXPECT_TRUE(is_right(question, {"fees-2026.md", "the fee", "It depends."}));
  EXPECT_TRUE(is_right(question, {"fees-2026.md", "A visit", "45 Euro without the X-ray."}));
  EXPECT_FALSE(is_right(question, {"fees-2026.md", "A visit", "45 euro."}));
  EXPECT_FALSE(is_right(question, {"fees-2025.md", "The fee", "45 euro without the x-ray"}));
  EXPECT_FALSE(holds_all(question, {"fees-2026.md", "The fee", "45 euro"}));
  EXPECT_FALSE(is_right({}, {"fees-2026.md", "The fee", ""}));
}

TEST(UnseenScore, ANumberIsHiddenWhenNoWordOfItsDigitsIsLeft) {
  Dictated const card{.kind = "card", .value = "4242", .where = {{1, 2, 6}}};
  Texts const said = {{"It's", "four", "two,", "no", "sorry,", "forty", "now"}};
  EXPECT_EQ(score_mask(card, said, {{"It's", "[card]", "[card]", "no", "sorry,", "[card]", "now"}}).visible, 0U);
  EXPECT_EQ(score_mask(card, said, {{"It's", "[card]", "two,", "no", "sorry,", "[card]", "now"}}).visible, 1U);
  EXPECT_EQ(score_mask(card, said, said).masked, 0U);
  EXPECT_EQ(score_mask(card, said, said).visible, 3U);
}

TEST(UnseenScore, LettersCountWhereTheValueHasThem) {
  Dictated const number{.kind = "identity", .value = "QQ12C", .where = {{1, 1, 9}}};
  Texts const said = {{"Q", "for", "Quebec", "Q", "one", "I", "mean", "two", "Charlie"}};
  EXPECT_EQ(score_mask(number, said, said).visible, 6U);
  EXPECT_FALSE(carries("b", "", false));
  EXPECT_FALSE(carries("I", "tell", true));
  EXPECT_TRUE(carries("4242.", "", false));
}

TEST(UnseenScore, DigitsOfACallAreFoundInItsWords) {
  auto const words = words_of("Right, two of us, it's five four, sorry, five three one oh nine.");
  EXPECT_EQ(heard(words), "25453109");
  auto const place = locate({3, "identity", "543109"}, words);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->where.front().turn, 3U);
  EXPECT_EQ(words[place->where.front().first - 1], "five");
  EXPECT_EQ(place->where.front().last, words.size());
  EXPECT_FALSE(locate({3, "card", "999"}, words));
}

TEST(UnseenScore, DigitsAreHeardAsTheGeneratorHearsThem) {
  EXPECT_EQ(heard(words_of("double four, treble oh, twelve, forty two, thirty, nought")), "440001242300");
  EXPECT_EQ(heard(words_of("seven hundred and six forty two hundred four thousand three hundred and twelve")),
            "70642004312");
  EXPECT_EQ(heard(words_of("eight thousand, one hundred and fifty six")), "8156");
}

TEST(UnseenScore, ValuesAreComparedAsWhatTheyAre) {
  EXPECT_TRUE(is_value("amount", "412.00 GBP", "412 GBP"));
  EXPECT_FALSE(is_value("amount", "412.50 GBP", "412 GBP"));
  EXPECT_FALSE(is_value("amount", "412.00 GBP", "412 USD"));
  EXPECT_TRUE(is_value("order", "AB123", "ab-123"));
  EXPECT_FALSE(is_value("order", "AB123", "123"));
  EXPECT_TRUE(is_value("address", "12 Larch Street", "12 larch street"));
  EXPECT_FALSE(is_value("date", "--05-01", "2026-05-01"));
}

TEST(UnseenGate, ACardInPiecesIsHeldAndGoesOnHidden) {
  std::vector<Turn> const turns = {{Track::agent, "What is the card number please?"},
                                   {Track::customer, "four two four two four two four two"},
                                   {Track::agent, "Okay."},
                                   {Track::customer, "four two four two four two four two"},
                                   {Track::agent, "Thank you."}};
  auto const passed = through_gate("call", Time{}, exact_words(turns));
  ASSERT_EQ(passed.size(), turns.size());
  for (auto const& one : passed) {
    ASSERT_EQ(one.shown.size(), words_of(turns[one.turn - 1].text).size());
    EXPECT_EQ(is_masked(one.shown.front()), turns[one.turn - 1].speaker == Track::customer);
  }
}

TEST(UnseenGate, WhatWasReadableOfACardIsTakenBackOnceItIsWhole) {
  std::vector<Turn> const turns = {{Track::customer, "so four seven one six"}, {Track::agent, "Got that. One moment."},
                                   {Track::customer, "two three eight nine"},  {Track::agent, "Got that. One moment."},
                                   {Track::customer, "oh five one seven"},     {Track::agent, "Got that. One moment."},
                                   {Track::customer, "three six four zero"},   {Track::agent, "Thank you."}};
  std::map<std::size_t, std::vector<std::size_t>> taken_back;
  for (auto const& one : through_gate("call", Time{}, exact_words(turns))) {
    if (!one.taken_back.empty()) taken_back[one.turn] = one.taken_back;
  }
  EXPECT_EQ(taken_back[1], (std::vector<std::size_t>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace sotto::unseen
