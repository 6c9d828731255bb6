// One connection with a scripted recogniser under virtual time.
#include "adapters/deepgram/listen_server.h"

#include <gtest/gtest.h>

#include "support/manual_executor.h"
#include "support/scripted_recognizer.h"

namespace sotto::deepgram {
namespace {

constexpr int kSecond = 16'000;

class Listen : public testing::Test {
 protected:
  void open(std::string const& query, std::vector<ScriptedInterval> script = {}, int channels = 1) {
    recognizer.emplace(tasks, std::move(script));
    auto parsed = parse_query(query);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    server.emplace(*parsed, channels, "id",
                   ListenServer::Parts{.open = [this](int, auto sink) { return recognizer->open(std::move(sink)); },
                                       .send = [this](ServerMessage message) { sent.push_back(std::move(message)); },
                                       .close =
                                           [this](int code, std::string reason) {
                                             closed = code;
                                             why = std::move(reason);
                                           },
                                       .metadata = [] { return Metadata{.request_id = "id"}; }},
                   now);
  }
  void hear(int samples, int channel = 0) {
    server->on_audio(channel, std::vector<float>(samples), now);
    tasks.run_all();
  }
  void say(ClientMessage const& message) {
    server->on_message(message, now);
    tasks.run_all();
  }
  void wait(Duration time) {
    for (Duration passed{}; passed < time; passed += 100ms) {
      now += 100ms;
      server->tick(now);
      tasks.run_all();
    }
  }
  // Straight from the recogniser.
  void emit(SpeechEvent event, int stream = 0) {
    recognizer->streams.at(stream)->emit(std::move(event));
    tasks.run_all();
  }
  static SpeechFinal words(std::int64_t from, std::int64_t to, FinalReason reason = FinalReason::endpoint) {
    return {.from = from,
            .to = to,
            .text = "Good morning.",
            .words = {{.text = "Good", .from = from, .to = (from + to) / 2},
                      {.text = "morning.", .from = (from + to) / 2, .to = to}},
            .speech_end = to,
            .reason = reason};
  }
  template <typename T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (auto const& message : sent) {
      if (auto const* one = std::get_if<T>(&message)) found.push_back(*one);
    }
    return found;
  }

  Time now{1'000'000s};
  ManualExecutor tasks;
  std::optional<ScriptedRecognizer> recognizer;
  std::vector<ServerMessage> sent;
  int closed = 0;
  std::string why;
  std::optional<ListenServer> server;
};

std::string const raw = "encoding=linear16&sample_rate=16000";

TEST_F(Listen, WordsAreAsSureAsTheRecogniserAndAFinalAsTheirMean) {
  open(raw);
  hear(kSecond);
  auto final = words(0, kSecond);
  final.words[0].confidence = 0.9f;
  final.words[1].confidence = 0.4f;
  emit(final);
  auto const told = all<Results>();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_DOUBLE_EQ(told[0].words.at(0).confidence, 0.9);
  EXPECT_DOUBLE_EQ(told[0].words.at(1).confidence, 0.4);
  EXPECT_DOUBLE_EQ(told[0].confidence, 0.65);
}

TEST_F(Listen, FinalsTileTheTimeOfEachChannel) {
  open(raw + "&channels=2&multichannel=true",
       {{kSecond, "good morning"}, {kSecond / 4, ""}, {kSecond * 2, ""}, {kSecond, "yes"}}, 2);
  for (int step = 0; step < 1000; ++step) {
    hear(320, 0);
    if (step % 2 == 0) hear(320, 1);
  }
  say(CloseStream{});
  for (int channel : {0, 1}) {
    double at = 0;
    for (auto const& results : all<Results>()) {
      if (results.channel != channel) continue;
      EXPECT_TRUE(results.is_final);
      EXPECT_EQ(results.channels, 2);
      EXPECT_NEAR(results.start, at, 1e-9);
      at = results.start + results.duration;
    }
    EXPECT_NEAR(at, channel == 0 ? 20 : 10, 1e-9);
  }
  EXPECT_EQ(closed, 1000);
  EXPECT_TRUE(std::holds_alternative<Metadata>(sent.back()));
}

TEST_F(Listen, AnEndpointIsSpeechFinalAndALimitIsNot) {
  open(raw);
  hear(10 * kSecond);
  emit(words(0, kSecond, FinalReason::limit));
  emit(words(kSecond, 2 * kSecond));
  auto const results = all<Results>();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_FALSE(results[0].speech_final);
  EXPECT_TRUE(results[1].speech_final);
}

TEST_F(Listen, ACutInThePauseOwesItsSpeechFinal) {
  open(raw);
  hear(10 * kSecond);
  emit(words(0, kSecond, FinalReason::limit));
  emit(SpeechSilent{kSecond, kSecond + kSecond / 8});
  EXPECT_EQ(all<Results>().size(), 1u);
  emit(SpeechSilent{kSecond + kSecond / 8, 2 * kSecond});
  auto const results = all<Results>();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].transcript, "");
  EXPECT_TRUE(results[1].speech_final);
}

TEST_F(Listen, WithEndpointingOffNothingIsSpeechFinal) {
  open(raw + "&endpointing=false");
  hear(10 * kSecond);
  emit(words(0, kSecond));
  emit(SpeechSilent{kSecond, 3 * kSecond});
  for (auto const& results : all<Results>()) EXPECT_FALSE(results.speech_final);
}

TEST_F(Listen, VoiceWithoutWordsIsMarkedAndSilenceIsNot) {
  open(raw);
  hear(10 * kSecond);
  emit(SpeechFinal{.from = 0, .to = kSecond, .text = "", .words = {}, .speech_end = kSecond});
  emit(SpeechSilent{kSecond, 2 * kSecond});
  auto const results = all<Results>();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_TRUE(results[0].no_words);
  EXPECT_TRUE(to_text(results[0]).contains(R"("no_words":true)"));
  EXPECT_FALSE(results[1].no_words);
  EXPECT_FALSE(to_text(results[1]).contains("no_words"));
}

TEST_F(Listen, SilenceIsToldOnceASecond) {
  open(raw, {{kSecond / 4, ""}});
  for (int step = 0; step < 100; ++step) hear(kSecond / 10);
  EXPECT_EQ(all<Results>().size(), 10u);
}

TEST_F(Listen, InterimsOnlyWhereAskedFor) {
  SpeechPartial const partial{.from = 0, .to = kSecond, .text = "Good", .words = words(0, kSecond).words};
  open(raw);
  hear(2 * kSecond);
  emit(partial);
  EXPECT_TRUE(sent.empty());
  open(raw + "&interim_results=true");
  hear(2 * kSecond);
  emit(partial);
  ASSERT_EQ(all<Results>().size(), 1u);
  EXPECT_FALSE(all<Results>()[0].is_final);
}

TEST_F(Listen, WordsAreBareUnlessPunctuationIsAskedFor) {
  open(raw);
  hear(2 * kSecond);
  emit(words(0, kSecond));
  auto const bare = all<Results>().at(0);
  EXPECT_EQ(bare.transcript, "good morning");
  EXPECT_EQ(bare.words[1].word, "morning");
  EXPECT_EQ(bare.words[1].punctuated_word, "");
  sent.clear();
  open(raw + "&smart_format=true");
  hear(2 * kSecond);
  emit(words(0, kSecond));
  auto const written = all<Results>().at(0);
  EXPECT_EQ(written.transcript, "Good morning.");
  EXPECT_EQ(written.words[1].word, "morning");
  EXPECT_EQ(written.words[1].punctuated_word, "morning.");
}

TEST(BareWord, LosesMarksAndKeepsSigns) {
  EXPECT_EQ(bare_word("Isn't,"), "isn't");
  EXPECT_EQ(bare_word("\"$20.50\""), "$20.50");
  EXPECT_EQ(bare_word("12%."), "12%");
  EXPECT_EQ(bare_word("..."), "...");
  EXPECT_EQ(bare_word(""), "");
}

TEST_F(Listen, SpeechStartedComesBeforeTheFirstWordsOnce) {
  open(raw + "&vad_events=true&interim_results=true");
  hear(10 * kSecond);
  SpeechPartial const partial{
      .from = kSecond, .to = 2 * kSecond, .text = "Good", .words = words(kSecond, 2 * kSecond).words};
  emit(SpeechSilent{0, kSecond});
  emit(partial);
  emit(words(kSecond, 2 * kSecond));
  emit(words(3 * kSecond, 4 * kSecond));
  auto const started = all<SpeechStarted>();
  ASSERT_EQ(started.size(), 2u);
  EXPECT_EQ(started[0].timestamp, 1);
  EXPECT_TRUE(std::holds_alternative<SpeechStarted>(sent[1]));
}

TEST_F(Listen, UtteranceEndComesOnceWhenNoWordFollows) {
  open(raw + "&utterance_end_ms=1000&interim_results=true");
  hear(10 * kSecond);
  emit(words(0, kSecond));
  emit(SpeechSilent{kSecond, kSecond + kSecond / 2});
  EXPECT_TRUE(all<UtteranceEnd>().empty());
  emit(SpeechSilent{kSecond + kSecond / 2, 2 * kSecond});
  emit(SpeechSilent{2 * kSecond, 4 * kSecond});
  ASSERT_EQ(all<UtteranceEnd>().size(), 1u);
  EXPECT_EQ(all<UtteranceEnd>()[0].last_word_end, 1);
}

TEST_F(Listen, FinalizeIsAnsweredOnceByTheLastResultAndTimeGoesOn) {
  open(raw, {{kSecond, "good morning"}, {kSecond, ""}});
  hear(kSecond * 5 / 2);
  say(Finalize{});
  auto results = all<Results>();
  ASSERT_EQ(results.size(), 3u);
  EXPECT_FALSE(results[0].from_finalize || results[1].from_finalize);
  EXPECT_TRUE(results[2].from_finalize);
  EXPECT_EQ(results[2].start + results[2].duration, 2.5);
  hear(kSecond);
  results = all<Results>();
  EXPECT_EQ(results.back().start, 2.5);
}

TEST_F(Listen, FinalizeWithNothingBufferedIsAnsweredToo) {
  open(raw);
  say(Finalize{});
  ASSERT_EQ(all<Results>().size(), 1u);
  EXPECT_TRUE(all<Results>()[0].from_finalize && all<Results>()[0].is_final);
  EXPECT_EQ(all<Results>()[0].duration, 0);
}

TEST_F(Listen, FinalizeOfOneChannelLeavesTheOthersAlone) {
  open(raw + "&channels=2&multichannel=true", {{10 * kSecond, "yes"}}, 2);
  hear(kSecond, 0);
  hear(kSecond, 1);
  say(Finalize{.channel = 1});
  ASSERT_EQ(all<Results>().size(), 1u);
  EXPECT_EQ(all<Results>()[0].channel, 1);
  say(Finalize{.channel = 7});
  EXPECT_EQ(all<Results>().size(), 1u);
}

TEST_F(Listen, AudioDuringAFinalizeWaitsAndIsHeard) {
  open(raw, {{10 * kSecond, "yes"}});
  hear(kSecond);
  server->on_message(Finalize{}, now);
  server->on_audio(0, std::vector<float>(kSecond), now);
  server->on_message(CloseStream{}, now);
  tasks.run_all();
  auto const results = all<Results>();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_TRUE(results[0].from_finalize);
  EXPECT_EQ(results[1].start, 1);
  EXPECT_EQ(results[1].duration, 1);
  EXPECT_EQ(closed, 1000);
}

TEST_F(Listen, CloseWithoutAudioGivesMetadata) {
  open(raw);
  say(CloseStream{});
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Metadata>(sent[0]));
  EXPECT_EQ(closed, 1000);
}

TEST_F(Listen, NoAudioForTenSecondsClosesEvenWithKeepAlives) {
  open(raw);
  for (int step = 0; step < 3 && closed == 0; ++step) {
    wait(3s);
    say(KeepAlive{});
    EXPECT_EQ(closed, 0);
  }
  wait(1s);
  EXPECT_EQ(closed, kTimeoutCode);
  EXPECT_EQ(why, kNoAudio);
}

TEST_F(Listen, FinalizeIsNoAudioEither) {
  open(raw);
  wait(5s);
  server->on_audio(0, {}, now);  // what a resampler flushes when it holds nothing
  say(Finalize{});
  wait(5s);
  EXPECT_EQ(closed, kTimeoutCode);
}

TEST_F(Listen, AnEndThatTheRecogniserDoesNotReachIsCutOff) {
  open(raw);
  hear(kSecond);
  server->on_message(CloseStream{}, now);  // the tasks of the recogniser do not run
  for (int step = 0; step < 15 && closed == 0; ++step) server->tick(now += 1s);
  EXPECT_EQ(closed, kTimeoutCode);
  EXPECT_EQ(why, kNoText);
}

TEST_F(Listen, KeepAlivesHoldAConnectionThatHadAudio) {
  open(raw, {{100, ""}});
  hear(100);
  for (int step = 0; step < 20; ++step) {
    wait(5s);
    say(KeepAlive{});
  }
  EXPECT_EQ(closed, 0);
  wait(10s);
  EXPECT_EQ(closed, kTimeoutCode);
  EXPECT_EQ(why, kNoAudio);
}

TEST_F(Listen, ALostRecogniserClosesTheConnection) {
  open(raw);
  hear(kSecond);
  recognizer->streams[0]->lose("gone");
  tasks.run_all();
  EXPECT_EQ(closed, kTimeoutCode);
  EXPECT_EQ(why, kNoText);
}

TEST_F(Listen, ARecogniserThatSaysNothingClosesTheConnection) {
  open(raw);
  for (int step = 0; step < 40 && closed == 0; ++step) {
    hear(kSecond);
    wait(1s);
  }
  EXPECT_EQ(closed, kTimeoutCode);
  EXPECT_EQ(why, kNoText);
}

TEST_F(Listen, BacklogIsTheMostUndecidedOfAChannel) {
  open(raw + "&channels=2&multichannel=true", {}, 2);
  hear(5 * kSecond, 0);
  hear(kSecond, 1);
  emit(SpeechSilent{0, 2 * kSecond}, 0);
  EXPECT_EQ(server->backlog(), 3 * kSecond);
}

}  // namespace
}  // namespace sotto::deepgram
