#include "adapters/deepgram/listen_session.h"

#include <gtest/gtest.h>

namespace sotto::deepgram {
namespace {

struct ListenSessionTest : testing::Test {
  Time now{Duration(1'000'000'000)};
  ListenSession session{{}, now};
  std::vector<float> const second = std::vector<float>(16'000, 0.5f);

  // Everything that may be sent, as long as it takes.
  std::vector<std::string> send_all() {
    std::vector<std::string> texts;
    for (int step = 0; step < 1000; ++step, now += 10ms) {
      while (auto const message = session.next_message(now)) {
        if (!message->binary) texts.push_back(message->bytes);
      }
    }
    return texts;
  }
  void interim(double start, double duration, std::string const& text) {
    session.on_text(to_text(ServerMessage(Results{.start = start, .duration = duration, .transcript = text})));
  }
  void final(double start, double duration, std::string const& word) {
    Results results{.start = start, .duration = duration, .is_final = true, .transcript = word};
    if (!word.empty()) results.words.push_back({.word = word, .start = start, .end = start + duration});
    session.on_text(to_text(ServerMessage(results)));
  }
  // "10000-26000 hello, 26000-42000 -".
  std::string decided() {
    std::string out;
    for (auto const& event : session.take_events()) {
      auto const add = [&](std::int64_t from, std::int64_t to, std::string const& text) {
        out += (out.empty() ? "" : ", ") + std::to_string(from) + "-" + std::to_string(to) + " " + text;
      };
      if (auto const* said = std::get_if<SpeechFinal>(&event)) add(said->from, said->to, said->text);
      if (auto const* silent = std::get_if<SpeechSilent>(&event)) add(silent->from, silent->to, "-");
      if (std::holds_alternative<SpeechLost>(event)) out += " lost";
      if (std::holds_alternative<SpeechFinished>(event)) out += " finished";
    }
    return out;
  }
};

TEST_F(ListenSessionTest, WhatWasDecidedIsNotDecidedAgain) {
  session.on_open(now);
  for (int i = 0; i < 3; ++i) session.push(10'000 + i * 16'000, second);
  send_all();
  final(0, 1, "one");
  final(0, 1, "one");
  final(0.25, 1.75, "two");
  EXPECT_EQ(decided(), "10000-26000 one, 26000-42000 two");
}

TEST_F(ListenSessionTest, AHoleThatTheProviderLeavesIsVoiceWithoutWords) {
  session.on_open(now);
  for (int i = 0; i < 3; ++i) session.push(i * 16'000, second);
  send_all();
  final(0, 1, "one");
  final(2, 1, "");
  EXPECT_EQ(decided(), "0-16000 one, 16000-32000 , 32000-48000 -");
}

TEST_F(ListenSessionTest, ADiscontinuityIsFinalizedAndNeverSpanned) {
  session.on_open(now);
  session.push(0, second);
  session.push(80'000, second);
  EXPECT_EQ(send_all().at(0), R"({"type":"Finalize"})");
  final(0, 2, "");
  EXPECT_EQ(decided(), "0-16000 -, 80000-96000 -");
}

TEST_F(ListenSessionTest, AHypothesisEndsAtADiscontinuity) {
  session.on_open(now);
  session.push(0, second);
  session.push(80'000, second);
  send_all();
  interim(0, 2, "one two three four");
  auto const events = session.take_events();
  ASSERT_EQ(events.size(), 1u);
  auto const& partial = std::get<SpeechPartial>(events[0]);
  EXPECT_EQ(partial.from, 0);
  EXPECT_EQ(partial.to, 16'000);
  EXPECT_EQ(partial.text, "one two");
}

TEST_F(ListenSessionTest, VoiceWithoutWordsIsNoSilence) {
  session.on_open(now);
  for (int i = 0; i < 3; ++i) session.push(i * 16'000, second);
  send_all();
  session.on_text(to_text(ServerMessage(Results{.start = 0, .duration = 1, .is_final = true, .no_words = true})));
  final(1, 1, "");
  auto const events = session.take_events();
  ASSERT_EQ(events.size(), 2u);
  auto const& voiced = std::get<SpeechFinal>(events[0]);
  EXPECT_EQ(voiced.to, 16'000);
  EXPECT_TRUE(voiced.text.empty());
  EXPECT_EQ(std::get<SpeechSilent>(events[1]).to, 32'000);
}

TEST_F(ListenSessionTest, ClosedBeforeEverythingWasDecidedIsLost) {
  session.on_open(now);
  session.push(0, second);
  session.finish();
  send_all();
  session.on_closed(1000, "");
  EXPECT_EQ(decided(), " lost");
}

TEST_F(ListenSessionTest, WordsNameTheSpeakerThatTheProviderTold) {
  session.on_open(now);
  session.push(0, second);
  send_all();
  Results results{.start = 0, .duration = 1, .is_final = true, .transcript = "hello hi"};
  results.words = {{.word = "hello", .start = 0, .end = 0.4, .speaker = 0},
                   {.word = "hi", .start = 0.5, .end = 0.9, .speaker = 1}};
  session.on_text(to_text(ServerMessage(results)));
  auto const events = session.take_events();
  auto const& words = std::get<SpeechFinal>(events.at(0)).words;
  ASSERT_EQ(words.size(), 2u);
  EXPECT_EQ(words[0].speaker, 0);
  EXPECT_EQ(words[1].speaker, 1);
}

TEST_F(ListenSessionTest, WordsAreAsSureAsTheProviderSays) {
  session.on_open(now);
  for (int i = 0; i < 2; ++i) session.push(i * 16'000, second);
  send_all();
  session.on_text(
      R"({"type":"Results","start":0,"duration":1,"is_final":true,"channel":{"alternatives":[{"transcript":"hello hi","words":[)"
      R"({"word":"hello","start":0,"end":0.4,"confidence":0.37},{"word":"hi","start":0.5,"end":0.9}]}]}})");
  session.on_text(
      to_text(ServerMessage(Results{.start = 1, .duration = 1, .is_final = true, .transcript = "without words"})));
  auto const events = session.take_events();
  auto const& told = std::get<SpeechFinal>(events.at(0)).words;
  ASSERT_EQ(told.size(), 2u);
  EXPECT_FLOAT_EQ(told[0].confidence, 0.37f);
  EXPECT_FLOAT_EQ(told[1].confidence, 1);
  EXPECT_FALSE(told[0].estimated || told[1].estimated);
  auto const& guessed = std::get<SpeechFinal>(events.at(1)).words;
  ASSERT_EQ(guessed.size(), 2u);
  EXPECT_TRUE(guessed[0].estimated && guessed[1].estimated);
  EXPECT_FLOAT_EQ(guessed[0].confidence, 1);
}

TEST_F(ListenSessionTest, AWrongKeyIsARefusalAndABusyServerIsNot) {
  for (auto const& [status, refused] : {std::pair(401, true), {400, true}, {429, false}, {503, false}}) {
    ListenSession other({}, now);
    other.on_refused(status, "");
    EXPECT_EQ(std::get<SpeechLost>(other.take_events().at(0)).refused, refused) << status;
  }
}

}  // namespace
}  // namespace sotto::deepgram
