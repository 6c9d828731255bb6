// The embedded recogniser behind the port, with its real weights and synthesised speech.
#include <cmath>
#include <random>
#include <stdexcept>

#include "adapters/moonshine/recognizer.h"
#include "adapters/moonshine/transcriber.h"
#include "contract/recognizer_contract.h"
#include "support/spoken.h"

namespace sotto {
namespace {

MoonshineOptions options() { return {.models = SOTTO_SOURCE_DIR "/.cache"}; }

struct MoonshineFixture {
  MoonshineFixture() : made(MoonshineRecognizer::make(options(), tasks, time)) {
    if (!made) throw std::runtime_error(made.error().message);
  }

  Recognizer& recognizer() { return **made; }
  ManualExecutor& executor() { return tasks; }
  std::vector<float> audio() {
    auto audio = spoken("I would like to cancel my contract.", 1200);
    auto const second = spoken("Please close my account today.");
    audio.insert(audio.end(), second.begin(), second.end());
    return audio;
  }

  SystemClock time;
  ManualExecutor tasks;
  Result<std::unique_ptr<MoonshineRecognizer>> made;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Moonshine, RecognizerContract, MoonshineFixture);

class MoonshineLive : public testing::Test {
 protected:
  std::unique_ptr<RecognizerStream> open() {
    return fixture.recognizer().open([this](SpeechEvent event) { events.push_back(std::move(event)); });
  }

  template <typename Event>
  Event const* first() const {
    for (auto const& event : events) {
      if (auto const* found = std::get_if<Event>(&event)) return found;
    }
    return nullptr;
  }

  std::string text() const {
    std::string all;
    for (auto const& event : events) {
      if (auto const* final = std::get_if<SpeechFinal>(&event)) all += final->text + "|";
    }
    return all;
  }

  void finish(RecognizerStream& stream) {
    stream.finish();
    ASSERT_TRUE(fixture.executor().run_until([this] { return first<SpeechFinished>() != nullptr; }));
  }

  MoonshineFixture fixture;
  std::vector<SpeechEvent> events;
};

TEST_F(MoonshineLive, HearsTheWords) {
  auto const stream = open();
  stream->push(0, fixture.audio());
  finish(*stream);
  EXPECT_NE(text().find("cancel my contract"), std::string::npos) << text();
  EXPECT_NE(text().find("close my account"), std::string::npos) << text();
}

TEST_F(MoonshineLive, ShowsPartialsBeforeTheSentenceEnds) {
  auto const audio = spoken("I would like to cancel my contract because it is too expensive.");
  auto const stream = open();
  stream->push(0, std::span(audio).first(22'000));
  ASSERT_TRUE(fixture.executor().run_until([this] { return first<SpeechPartial>() != nullptr; }));
  EXPECT_FALSE(first<SpeechPartial>()->text.empty());
  EXPECT_EQ(first<SpeechFinal>(), nullptr);
}

// The tokens of one model mean nothing to the other: each goes on from its own. One model goes on from the partials.
class MoonshineModels : public testing::TestWithParam<SpeechModelNames> {};

TEST_P(MoonshineModels, PartialsAndFinalsBothSayTheWords) {
  SystemClock time;
  ManualExecutor tasks;
  auto chosen = options();
  chosen.names = GetParam();
  auto const recognizer = MoonshineRecognizer::make(chosen, tasks, time);
  ASSERT_TRUE(recognizer.has_value());
  std::string partial, final;
  auto const stream = (*recognizer)->open([&](SpeechEvent event) {
    if (auto const* heard = std::get_if<SpeechPartial>(&event)) partial = heard->text;
    if (auto const* heard = std::get_if<SpeechFinal>(&event)) final += heard->text + "|";
  });
  auto const audio = spoken("I would like to cancel my contract because it is too expensive.", 1500);
  std::size_t pushed = 22'000;
  stream->push(0, std::span(audio).first(pushed));
  ASSERT_TRUE(tasks.run_until([&] { return !partial.empty(); }));
  stream->push(static_cast<std::int64_t>(pushed), std::span(audio).subspan(pushed));
  ASSERT_TRUE(tasks.run_until([&] { return !final.empty(); }));
  EXPECT_NE(final.find("cancel my contract"), std::string::npos) << final;
}

INSTANTIATE_TEST_SUITE_P(Moonshine, MoonshineModels,
                         testing::Values(SpeechModelNames{.finals = "base", .partials = "base"},
                                         SpeechModelNames{.finals = "base", .partials = "tiny"},
                                         SpeechModelNames{.finals = "tiny", .partials = "base"},
                                         SpeechModelNames{.finals = "tiny", .partials = "tiny"}),
                         [](auto const& info) { return info.param.finals + info.param.partials; });

TEST_F(MoonshineLive, SilenceEndsATurnWithoutAnybodyFinishingIt) {
  auto const stream = open();
  stream->push(0, spoken("Please tell me the price.", 1500));
  ASSERT_TRUE(fixture.executor().run_until([this] { return first<SpeechFinal>() != nullptr; }));
  EXPECT_EQ(first<SpeechFinal>()->reason, FinalReason::endpoint);
  EXPECT_GT(first<SpeechFinal>()->endpoint_audio_at, Time{});
}

TEST_F(MoonshineLive, AStreamMayWaitLongerThanTheOthers) {
  auto audio = spoken("Please tell me the price.", 1500);
  auto const patient = (*fixture.made)
                           ->open([this](SpeechEvent event) { events.push_back(std::move(event)); },
                                  {.segmenter = with_fixed_wait({}, 2000ms)});
  std::vector<SpeechEvent> others;
  auto const usual = fixture.recognizer().open([&others](SpeechEvent event) { others.push_back(std::move(event)); });
  patient->push(0, audio);
  usual->push(0, audio);
  auto const is_final = [](SpeechEvent const& event) { return std::holds_alternative<SpeechFinal>(event); };
  ASSERT_TRUE(fixture.executor().run_until([&] { return std::ranges::any_of(others, is_final); }));
  EXPECT_EQ(first<SpeechFinal>(), nullptr);
  finish(*patient);
  ASSERT_NE(first<SpeechFinal>(), nullptr);
  EXPECT_EQ(first<SpeechFinal>()->reason, FinalReason::finish);
}

TEST_F(MoonshineLive, AStreamHearsTheTermsItIsTold) {
  auto const audio = spoken("I am calling about my Zephyrion plan.", 1500);
  std::string told, untold, told_later;
  auto const note = [](std::string& text) {
    return [&text](SpeechEvent event) {
      if (auto const* final = std::get_if<SpeechFinal>(&event)) text += final->text;
    };
  };
  auto const one = fixture.recognizer().open(note(told), {.keyterms = {"Zephyrion"}});
  auto const other = fixture.recognizer().open(note(untold));
  auto const later = fixture.recognizer().open(note(told_later));
  one->push(0, audio);
  other->push(0, audio);
  later->push(0, std::span(audio).first(8000));
  later->expect({.keyterms = {"Zephyrion"}});
  later->push(8000, std::span(audio).subspan(8000));
  ASSERT_TRUE(fixture.executor().run_until([&] { return !told.empty() && !untold.empty() && !told_later.empty(); }));
  EXPECT_NE(told_later.find("Zephyrion"), std::string::npos) << told_later;
  EXPECT_NE(told.find("Zephyrion"), std::string::npos) << told;
  EXPECT_EQ(untold.find("Zephyrion"), std::string::npos) << untold;
}

TEST_F(MoonshineLive, LongSpeechIsCutWithoutOverlap) {
  auto audio = spoken(
      "the red fox and the blue bird and the green frog and the white horse and the black cow and the "
      "grey goose and the brown bear and the old dog and the small cat went out for a walk");
  auto const stream = open();
  stream->push(0, audio);
  finish(*stream);
  int limits = 0;
  for (auto const& event : events) {
    auto const* final = std::get_if<SpeechFinal>(&event);
    if (!final) continue;
    EXPECT_LE(final->to - final->from, 7 * 16000);
    limits += final->reason == FinalReason::limit;
  }
  EXPECT_GE(limits, 1);
}

TEST_F(MoonshineLive, NoiseIsSilence) {
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0, 0.003f);  // a telephone line at -50 dBFS
  std::vector<float> audio(16000 * 5);
  for (auto& sample : audio) sample = noise(random);
  auto const stream = open();
  stream->push(0, audio);
  finish(*stream);
  EXPECT_EQ(text(), "");
}

TEST_F(MoonshineLive, SilenceIsDecidedAtLeastOnceASecond) {
  auto const stream = open();
  stream->push(0, std::vector<float>(16000 * 5));
  finish(*stream);
  for (auto const& event : events) {
    if (auto const interval = decided_interval(event)) EXPECT_LE(interval->to - interval->from, 16000);
  }
}

TEST_F(MoonshineLive, CountsItsWork) {
  auto const stream = open();
  stream->push(0, fixture.audio());
  finish(*stream);
  auto const stats = (*fixture.made)->stats();
  EXPECT_EQ(stats.streams, 1u);
  EXPECT_GE(stats.finals_decoded, 2u);
  EXPECT_GT(stats.decode_ms, 0);
  EXPECT_GT(stats.vad_ms, 0);
}

TEST_F(MoonshineLive, WholeUtteranceHasWordsInOrder) {
  auto const audio = spoken("I would like to cancel my contract.");
  auto const whole = (*fixture.made)->transcribe_whole(audio);
  ASSERT_TRUE(whole.has_value());
  EXPECT_NE(whole->text.find("cancel my contract"), std::string::npos) << whole->text;
  ASSERT_FALSE(whole->words.empty());
  EXPECT_LE(whole->words.back().to, static_cast<std::int64_t>(audio.size()));
  EXPECT_FALSE(whole->words.front().estimated);
  for (auto const& word : whole->words) EXPECT_GT(word.confidence, 0.4f) << word.text;
}

TEST(Transcriber, GivesTheFinalsOfARecording) {
  SystemClock time;
  auto const transcriber = Transcriber::make(options(), time);
  ASSERT_TRUE(transcriber.has_value());
  auto audio = spoken("I would like to cancel my contract.", 1500);
  auto const second = spoken("Please close my account today.");
  audio.insert(audio.end(), second.begin(), second.end());
  auto const finals = (*transcriber)->transcribe(audio);
  ASSERT_TRUE(finals.has_value());
  ASSERT_EQ(finals->finals.size(), 2u);
  EXPECT_NE(finals->finals.front().text.find("contract"), std::string::npos);
  EXPECT_LT(finals->finals.front().to, finals->finals.back().from + 1);
  auto const nothing = (*transcriber)->transcribe({});
  ASSERT_TRUE(nothing.has_value());
  EXPECT_TRUE(nothing->finals.empty() && nothing->unheard.empty());
}

TEST(Moonshine, MissingAndBrokenWeightsNameTheFile) {
  SystemClock time;
  ManualExecutor tasks;
  auto missing = options();
  missing.models = "/nowhere";
  auto const none = MoonshineRecognizer::make(missing, tasks, time);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, "model_missing");
  EXPECT_NE(none.error().message.find("/nowhere/moonshine-base/encoder.onnx"), std::string::npos);
  EXPECT_NE(none.error().message.find("make setup"), std::string::npos);

  auto const folder = std::filesystem::temp_directory_path() / ("sotto-broken-" + std::to_string(getpid()));
  auto const file = folder / "silero" / "silero_vad.onnx";
  std::filesystem::create_directories(file.parent_path());
  for (auto const* model : {"moonshine-base", "moonshine-tiny"}) {
    std::filesystem::create_symlink(options().models / model, folder / model);
  }
  std::ofstream(file) << "not a model";
  auto broken = options();
  broken.models = folder;
  auto const wrong = MoonshineRecognizer::make(broken, tasks, time);
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().code, "model_broken");
  EXPECT_NE(wrong.error().message.find(file.string()), std::string::npos);
}

}  // namespace
}  // namespace sotto
