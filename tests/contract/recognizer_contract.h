// What every Recognizer promises (ports/recognizer.h). An adapter passes it by naming a fixture:
//   struct Fixture { Recognizer& recognizer(); ManualExecutor& executor(); std::vector<float> audio(); };
// `audio` holds at least two stretches of speech with a pause between. The executor is whatever has run_until(done) and
// run_all(), which lets time pass where an adapter needs it.
#pragma once

#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include "ports/recognizer.h"
#include "support/manual_executor.h"

namespace sotto {

struct DecidedInterval {
  std::int64_t from = 0, to = 0;
  friend bool operator==(DecidedInterval const&, DecidedInterval const&) = default;
};

inline std::optional<DecidedInterval> decided_interval(SpeechEvent const& event) {
  if (auto const* final = std::get_if<SpeechFinal>(&event)) return DecidedInterval{final->from, final->to};
  if (auto const* silent = std::get_if<SpeechSilent>(&event)) return DecidedInterval{silent->from, silent->to};
  return std::nullopt;
}

// Neighbours joined: what is covered, whatever the cuts.
inline std::vector<DecidedInterval> covered(std::vector<SpeechEvent> const& events) {
  std::vector<DecidedInterval> joined;
  for (auto const& event : events) {
    auto const interval = decided_interval(event);
    if (!interval) continue;
    if (!joined.empty() && joined.back().to == interval->from) {
      joined.back().to = interval->to;
    } else {
      joined.push_back(*interval);
    }
  }
  return joined;
}

template <typename Fixture>
class RecognizerContract : public testing::Test {
 protected:
  static constexpr std::size_t packet = 320;

  std::unique_ptr<RecognizerStream> open() {
    return fixture.recognizer().open([this](SpeechEvent event) { events.push_back(std::move(event)); });
  }

  static void push_all(RecognizerStream& stream, std::int64_t from, std::span<float const> audio) {
    for (std::size_t at = 0; at < audio.size(); at += packet) {
      stream.push(from + static_cast<std::int64_t>(at), audio.subspan(at, std::min(packet, audio.size() - at)));
    }
  }

  bool finished() const {
    return std::ranges::any_of(events, [](auto const& event) { return std::holds_alternative<SpeechFinished>(event); });
  }

  void run_to_the_end(RecognizerStream& stream) {
    stream.finish();
    ASSERT_TRUE(fixture.executor().run_until([this] { return finished(); }));
    fixture.executor().run_all();
  }

  Fixture fixture;
  std::vector<SpeechEvent> events;
};

TYPED_TEST_SUITE_P(RecognizerContract);

TYPED_TEST_P(RecognizerContract, DecidesEverySampleOnceAndInOrder) {
  auto const audio = this->fixture.audio();
  auto const stream = this->open();
  this->push_all(*stream, 0, audio);
  this->run_to_the_end(*stream);
  std::int64_t decided = 0;
  for (auto const& event : this->events) {
    auto const interval = decided_interval(event);
    if (!interval) continue;
    EXPECT_EQ(interval->from, decided);
    EXPECT_GT(interval->to, interval->from);
    decided = interval->to;
  }
  EXPECT_EQ(decided, static_cast<std::int64_t>(audio.size()));
}

TYPED_TEST_P(RecognizerContract, FinalsHaveWordsInsideTheirInterval) {
  auto const audio = this->fixture.audio();
  auto const stream = this->open();
  this->push_all(*stream, 0, audio);
  this->run_to_the_end(*stream);
  int finals = 0;
  for (auto const& event : this->events) {
    auto const* final = std::get_if<SpeechFinal>(&event);
    if (!final || final->text.empty()) continue;
    ++finals;
    std::string joined;
    auto last = final->from;
    for (auto const& word : final->words) {
      joined += (joined.empty() ? "" : " ") + word.text;
      EXPECT_GE(word.from, last);
      EXPECT_GE(word.to, word.from);
      last = word.from;
    }
    EXPECT_EQ(joined, final->text);
    EXPECT_LE(final->words.back().to, final->to);
    EXPECT_GT(final->speech_end, final->from);
    EXPECT_LE(final->speech_end, final->to);
  }
  EXPECT_GE(finals, 2);
}

TYPED_TEST_P(RecognizerContract, PartialsCoverUndecidedAudioOnly) {
  auto const stream = this->open();
  this->push_all(*stream, 0, this->fixture.audio());
  this->run_to_the_end(*stream);
  std::int64_t decided = 0;
  for (auto const& event : this->events) {
    if (auto const interval = decided_interval(event)) decided = interval->to;
    if (auto const* partial = std::get_if<SpeechPartial>(&event)) EXPECT_GE(partial->from, decided);
  }
}

TYPED_TEST_P(RecognizerContract, CorrectionsNameAFinalThatWasGiven) {
  auto const stream = this->open();
  this->push_all(*stream, 0, this->fixture.audio());
  this->run_to_the_end(*stream);
  std::vector<DecidedInterval> finals;
  for (auto const& event : this->events) {
    if (auto const* final = std::get_if<SpeechFinal>(&event)) finals.push_back({final->from, final->to});
    auto const* revised = std::get_if<SpeechRevised>(&event);
    if (!revised) continue;
    EXPECT_NE(std::ranges::find(finals, DecidedInterval{revised->from, revised->to}), finals.end());
    EXPECT_FALSE(revised->text.empty());
  }
}

TYPED_TEST_P(RecognizerContract, AHoleIsNeverMentioned) {
  auto const audio = this->fixture.audio();
  auto const length = static_cast<std::int64_t>(audio.size());
  auto const stream = this->open();
  this->push_all(*stream, 1000, audio);
  this->push_all(*stream, 1000 + length + 48000, audio);
  this->run_to_the_end(*stream);
  EXPECT_EQ(covered(this->events),
            (std::vector<DecidedInterval>{{1000, 1000 + length}, {1000 + length + 48000, 1000 + 2 * length + 48000}}));
}

TYPED_TEST_P(RecognizerContract, FinishIsAnsweredOnceAndLast) {
  auto const stream = this->open();
  this->push_all(*stream, 0, this->fixture.audio());
  this->run_to_the_end(*stream);
  EXPECT_TRUE(std::holds_alternative<SpeechFinished>(this->events.back()));
  auto const is_finished = [](auto const& event) { return std::holds_alternative<SpeechFinished>(event); };
  EXPECT_EQ(std::ranges::count_if(this->events, is_finished), 1);
}

TYPED_TEST_P(RecognizerContract, FinishWithoutAudioIsAnswered) {
  auto const stream = this->open();
  this->run_to_the_end(*stream);
  EXPECT_EQ(this->events.size(), 1u);
}

TYPED_TEST_P(RecognizerContract, LessThanAFrameIsDecidedToo) {
  auto const stream = this->open();
  stream->push(500, std::vector<float>(7));
  this->run_to_the_end(*stream);
  EXPECT_EQ(covered(this->events), (std::vector<DecidedInterval>{{500, 507}}));
}

TYPED_TEST_P(RecognizerContract, NothingComesInsideAPush) {
  auto const stream = this->open();
  this->push_all(*stream, 0, this->fixture.audio());
  stream->finish();
  EXPECT_TRUE(this->events.empty());
}

TYPED_TEST_P(RecognizerContract, ADestroyedStreamIsSilent) {
  auto stream = this->open();
  this->push_all(*stream, 0, this->fixture.audio());
  stream->finish();
  stream.reset();
  // Another stream that runs to its end shows that there was time to misbehave.
  std::vector<SpeechEvent> others;
  auto const other = this->fixture.recognizer().open([&](SpeechEvent event) { others.push_back(std::move(event)); });
  this->push_all(*other, 0, this->fixture.audio());
  other->finish();
  EXPECT_TRUE(this->fixture.executor().run_until(
      [&] { return !others.empty() && std::holds_alternative<SpeechFinished>(others.back()); }));
  EXPECT_TRUE(this->events.empty());
}

TYPED_TEST_P(RecognizerContract, StreamsDoNotMix) {
  auto const audio = this->fixture.audio();
  std::vector<SpeechEvent> silent;
  auto const quiet = this->fixture.recognizer().open([&](SpeechEvent event) { silent.push_back(std::move(event)); });
  auto const stream = this->open();
  this->push_all(*stream, 0, audio);
  quiet->push(0, std::vector<float>(100));
  quiet->finish();
  this->run_to_the_end(*stream);
  EXPECT_TRUE(this->fixture.executor().run_until(
      [&] { return !silent.empty() && std::holds_alternative<SpeechFinished>(silent.back()); }));
  EXPECT_EQ(covered(silent), (std::vector<DecidedInterval>{{0, 100}}));
  EXPECT_EQ(covered(this->events).back().to, static_cast<std::int64_t>(audio.size()));
}

REGISTER_TYPED_TEST_SUITE_P(RecognizerContract, DecidesEverySampleOnceAndInOrder, FinalsHaveWordsInsideTheirInterval,
                            PartialsCoverUndecidedAudioOnly, CorrectionsNameAFinalThatWasGiven, AHoleIsNeverMentioned,
                            FinishIsAnsweredOnceAndLast, FinishWithoutAudioIsAnswered, LessThanAFrameIsDecidedToo,
                            NothingComesInsideAPush, ADestroyedStreamIsSilent, StreamsDoNotMix);

}  // namespace sotto
