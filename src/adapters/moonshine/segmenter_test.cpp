#include "adapters/moonshine/segmenter.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sotto {
namespace {

constexpr std::int64_t kFrame = 512;

// The frames of 32 ms that a wait takes at least.
int frames_of(Duration wait) { return static_cast<int>((wait + 31ms) / 32ms); }

Level level(float same) { return {same, {same, same, same, same}}; }

// Feeds runs of equal frames and keeps what comes out.
class Speaker {
 public:
  explicit Speaker(SegmenterOptions options = {}, std::int64_t origin = 0) : segmenter(options, origin) {}

  void say(int frames, float probability = 0.9f) {
    for (int count = 0; count < frames; ++count) keep(segmenter.frame(probability));
  }
  void pause(int frames) { say(frames, 0.02f); }
  void keep(std::vector<Decision> decisions) { all.insert(all.end(), decisions.begin(), decisions.end()); }

  template <typename T>
  std::vector<T> only() const {
    std::vector<T> found;
    for (auto const& decision : all) {
      if (auto const* one = std::get_if<T>(&decision)) found.push_back(*one);
    }
    return found;
  }

  Segmenter segmenter;
  std::vector<Decision> all;
};

TEST(Segmenter, AFixedWaitDoesNotListenToTheWords) {
  auto const options = with_fixed_wait({}, 500ms);  // 16 frames
  for (auto const ending : {Ending::finished, Ending::open}) {
    Speaker speaker(options);
    speaker.say(30);
    speaker.pause(15);
    speaker.keep(speaker.segmenter.hint(ending));
    EXPECT_TRUE(speaker.only<Segment>().empty());
    speaker.pause(1);
    EXPECT_EQ(speaker.only<Segment>().size(), 1u);
  }
  Speaker least(with_fixed_wait({}, 10ms));
  least.say(30);
  least.pause(2);
  EXPECT_TRUE(least.only<Segment>().empty());
  least.pause(1);
  EXPECT_EQ(least.only<Segment>().size(), 1u);
}

TEST(Segmenter, SpeechHasPreRollAndPostRoll) {
  SegmenterOptions const options;
  Speaker speaker;
  speaker.pause(20);
  speaker.say(30);
  speaker.pause(30);
  auto const segments = speaker.only<Segment>();
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].span.from, (20 - options.pre_roll_frames) * kFrame);
  EXPECT_EQ(segments[0].span.to, (50 + options.post_roll_frames) * kFrame);
  EXPECT_EQ(segments[0].speech_end, 50 * kFrame);
  EXPECT_EQ(segments[0].reason, FinalReason::endpoint);
  EXPECT_EQ(segments[0].voiced, (std::vector<Span>{{20 * kFrame, 50 * kFrame}}));
}

TEST(Segmenter, PreRollNeverReachesBehindTheOrigin) {
  Speaker speaker({}, 777);
  speaker.say(30);
  speaker.pause(30);
  EXPECT_EQ(speaker.only<Segment>().at(0).span.from, 777);
}

TEST(Segmenter, AClickIsSilence) {
  Speaker speaker;
  speaker.pause(20);
  speaker.say(1);
  speaker.pause(60);
  EXPECT_TRUE(speaker.only<Segment>().empty());
}

TEST(Segmenter, SilenceMovesOnAtLeastOnceASecond) {
  Speaker speaker;
  speaker.pause(300);
  auto const silences = speaker.only<Silence>();
  ASSERT_GE(silences.size(), 9u);
  for (auto const& silence : silences) EXPECT_LE(silence.span.to - silence.span.from, 16000);
}

int frames_until_endpoint(Ending ending) {
  Speaker speaker;
  speaker.say(30);
  int frames = 0;
  while (speaker.only<Segment>().empty()) {
    speaker.pause(1);
    if (++frames == 4) speaker.keep(speaker.segmenter.hint(ending));
  }
  return frames;
}

TEST(Segmenter, WaitsByHowTheWordsEnd) {
  SegmenterOptions const options;
  EXPECT_EQ(frames_until_endpoint(Ending::finished), frames_of(options.wait_finished));
  EXPECT_EQ(frames_until_endpoint(Ending::open), frames_of(options.wait_open));
}

TEST(Segmenter, AnEndIsProbableBeforeItIsCertain) {
  SegmenterOptions const options;
  for (auto const ending : {Ending::finished, Ending::open}) {
    auto const wait = ending == Ending::finished ? options.eager_finished : options.eager_open;
    Speaker speaker;
    speaker.say(30);
    speaker.pause(options.speculate_frames);
    speaker.keep(speaker.segmenter.hint(ending));
    speaker.pause(frames_of(wait) - options.speculate_frames - 1);
    EXPECT_TRUE(speaker.only<EagerEnd>().empty());
    speaker.pause(1);
    EXPECT_EQ(speaker.only<EagerEnd>().size(), 1u);
    EXPECT_TRUE(speaker.only<Segment>().empty());
    speaker.pause(1);
    EXPECT_EQ(speaker.only<EagerEnd>().size(), 1u) << "once a pause";
    speaker.say(2);
    EXPECT_EQ(speaker.only<Resumed>().size(), 1u) << "and it is taken back";
    speaker.pause(frames_of(options.eager_open));
    EXPECT_EQ(speaker.only<EagerEnd>().size(), 2u) << "the next pause";
  }
}

// Where the cores are busy a short pause is not worth a decoding; the endpoint waits no longer for that.
TEST(Segmenter, ABusyMachineDraftsLongerPausesOnly) {
  SegmenterOptions const options;
  auto const drafted = [](SegmenterOptions const& of, double stretch) {
    Speaker speaker(of);
    speaker.segmenter.stretch_drafts(stretch);
    speaker.say(30);
    int frames = 0;
    auto const pauses = [&] {
      auto const drafts = speaker.only<Draft>();
      return std::ranges::count_if(drafts, &Draft::pause);
    };
    for (; pauses() == 0; ++frames) speaker.pause(1);
    EXPECT_EQ(speaker.only<Draft>().back().quiet, frames * 32ms);
    speaker.keep(speaker.segmenter.hint(Ending::finished));
    for (; speaker.only<Segment>().empty(); ++frames) speaker.pause(1);
    EXPECT_EQ(frames, frames_of(of.wait_finished));
    return speaker.only<Draft>().back().quiet / 32ms;
  };
  EXPECT_EQ(drafted(options, 1), options.speculate_frames);
  EXPECT_EQ(drafted(options, 1.6), options.speculate_frames_busy);
  EXPECT_GT(drafted(options, 1.3), options.speculate_frames);
  EXPECT_EQ(drafted(with_fixed_wait(options, 96ms), 1.6), options.speculate_frames)
      << "the wait that a client asked for";
}

TEST(Segmenter, ALateHintEndsTheSegmentAtOnce) {
  Speaker speaker;
  speaker.say(30);
  speaker.pause(frames_of(SegmenterOptions{}.wait_finished) + 3);
  ASSERT_TRUE(speaker.only<Segment>().empty());
  speaker.keep(speaker.segmenter.hint(Ending::finished));
  EXPECT_EQ(speaker.only<Segment>().size(), 1u);
}

TEST(Segmenter, OnAClearLineTheBackgroundEndsAVoiceThatTheDetectorStillHears) {
  constexpr float background = 0.002f, voice = 0.05f;
  Speaker speaker;
  for (int count = 0; count < 70; ++count) speaker.keep(speaker.segmenter.frame(0.02f, level(background)));
  for (int count = 0; count < 30; ++count) speaker.keep(speaker.segmenter.frame(0.9f, level(voice)));
  for (int count = 0; count < 30; ++count)
    speaker.keep(speaker.segmenter.frame(count < 4 ? 0.6f : 0.02f, level(background)));
  ASSERT_EQ(speaker.only<Segment>().size(), 1u);
  EXPECT_EQ(speaker.only<Segment>()[0].speech_end, 100 * kFrame);
}

TEST(Segmenter, OnAClearLineTheWaitBeginsWhereTheVoiceEndsInsideItsFrame) {
  constexpr float background = 0.002f, voice = 0.05f;
  auto const frames_until_endpoint = [](Level const& last) {
    Speaker speaker(with_fixed_wait({}, 336ms));  // ten and a half frames
    for (int count = 0; count < 70; ++count) speaker.keep(speaker.segmenter.frame(0.02f, level(background)));
    for (int count = 0; count < 30; ++count) speaker.keep(speaker.segmenter.frame(0.9f, level(voice)));
    speaker.keep(speaker.segmenter.frame(0.9f, last));
    int frames = 0;
    for (; speaker.only<Segment>().empty(); ++frames) speaker.keep(speaker.segmenter.frame(0.02f, level(background)));
    return frames;
  };
  EXPECT_EQ(frames_until_endpoint({voice, {voice, voice, voice, voice}}), 11);
  EXPECT_EQ(frames_until_endpoint({voice, {voice, background, voice, background}}), 11);
  EXPECT_EQ(frames_until_endpoint({voice, {voice, voice, background, background}}), 10);
}

TEST(Segmenter, ASoundKeepsTheEndpointWaitingForTheDetector) {
  constexpr float background = 0.002f, voice = 0.05f;
  auto const hear = [](int frames_before_the_sound) {
    Speaker speaker;
    auto const run = [&](int frames, float probability, float loud) {
      for (int count = 0; count < frames; ++count) speaker.keep(speaker.segmenter.frame(probability, level(loud)));
    };
    run(70, 0.02f, background);
    run(30, 0.9f, voice);
    run(frames_before_the_sound, 0.02f, background);
    run(2, 0.1f, voice);  // the detector is late
    run(10, 0.9f, voice);
    return speaker.only<Segment>().size();
  };
  auto const wait = frames_of(SegmenterOptions{}.wait_open);
  EXPECT_EQ(hear(wait - 1), 0u);
  EXPECT_EQ(hear(wait), 1u);
}

TEST(Segmenter, ThePauseDraftHasTheAudioOfItsSegment) {
  Speaker speaker;
  speaker.say(30);
  speaker.pause(30);
  std::optional<Span> draft;
  for (auto const& one : speaker.only<Draft>()) {
    if (one.pause) draft = one.span;
  }
  ASSERT_TRUE(draft.has_value());
  EXPECT_EQ(*draft, speaker.only<Segment>().at(0).span);
}

TEST(Segmenter, ALongSegmentThatEndsInAPauseHasTheAudioOfItsDraft) {
  SegmenterOptions const options;
  Speaker speaker;
  speaker.say(options.segment_frames_max - 10);
  speaker.pause(10);
  auto const segments = speaker.only<Segment>();
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].reason, FinalReason::limit);
  EXPECT_TRUE(
      std::ranges::any_of(speaker.only<Draft>(), [&](auto const& d) { return d.pause && d.span == segments[0].span; }));
}

TEST(Segmenter, SpeechAfterAShortPauseGoesOnInTheSameSegment) {
  Speaker speaker;
  speaker.say(30);
  speaker.pause(8);
  speaker.say(20);
  EXPECT_EQ(speaker.only<Resumed>().size(), 1u);
  EXPECT_TRUE(speaker.only<Segment>().empty());
  speaker.pause(30);
  ASSERT_EQ(speaker.only<Segment>().size(), 1u);
  EXPECT_EQ(speaker.only<Segment>()[0].speech_end, 58 * kFrame);
}

TEST(Segmenter, AHintOfAnEarlierPauseIsForgotten) {
  Speaker speaker;
  speaker.say(30);
  speaker.pause(4);
  speaker.keep(speaker.segmenter.hint(Ending::finished));
  speaker.say(5);
  speaker.pause(frames_of(SegmenterOptions{}.wait_finished) + 1);
  EXPECT_TRUE(speaker.only<Segment>().empty());
}

TEST(Segmenter, PartialsComeRegularlyAndStretch) {
  Speaker speaker, loaded;
  loaded.segmenter.stretch_drafts(1.6);
  speaker.say(200);
  loaded.say(200);
  SegmenterOptions const options;
  auto const drafts = speaker.only<Draft>();
  ASSERT_GE(drafts.size(), 6u);
  EXPECT_EQ(drafts[0].span.to, options.partial_first_frames * kFrame);
  EXPECT_EQ(drafts[1].span.to - drafts[0].span.to, options.partial_every_frames * kFrame);
  EXPECT_LT(loaded.only<Draft>().size(), drafts.size());
}

TEST(Segmenter, ContinuousSpeechIsCutWhereTheVoiceIsWeakest) {
  Speaker speaker;
  speaker.say(180);
  speaker.say(1, 0.6f);
  speaker.say(60);
  auto const segments = speaker.only<Segment>();
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].reason, FinalReason::limit);
  EXPECT_EQ(segments[0].span.to, 180 * kFrame + kFrame / 2);
  speaker.pause(30);
  EXPECT_EQ(speaker.only<Segment>().at(1).span.from, segments[0].span.to);
}

TEST(Segmenter, FinishDecidesTheRest) {
  Speaker speaker;
  speaker.say(30);
  speaker.pause(5);
  speaker.keep(speaker.segmenter.finish(35 * kFrame + 100));
  auto const segments = speaker.only<Segment>();
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].reason, FinalReason::finish);
  EXPECT_EQ(speaker.segmenter.decided(), 35 * kFrame + 100);
}

RC_GTEST_PROP(SegmenterProperty, DecidesEverySampleOnce, ()) {
  auto const origin = *rc::gen::inRange(0, 100'000);
  Speaker speaker({}, origin);
  std::int64_t frames = 0;
  for (int const run : *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 120))) {
    speaker.say(run, *rc::gen::element(0.0f, 0.2f, 0.4f, 0.6f, 0.95f));
    frames += run;
    if (*rc::gen::arbitrary<bool>()) {
      speaker.keep(speaker.segmenter.hint(*rc::gen::element(Ending::finished, Ending::open)));
    }
  }
  auto const end = origin + frames * kFrame + *rc::gen::inRange(0, 512);
  speaker.keep(speaker.segmenter.finish(end));
  std::int64_t decided = origin;
  for (auto const& decision : speaker.all) {
    Span span{decided, decided};
    if (auto const* silence = std::get_if<Silence>(&decision)) span = silence->span;
    if (auto const* segment = std::get_if<Segment>(&decision)) {
      span = segment->span;
      RC_ASSERT(span.to - span.from <= 7 * 16000);
      RC_ASSERT(segment->speech_end > span.from && segment->speech_end <= span.to);
      RC_ASSERT(!segment->voiced.empty());
    }
    if (auto const* draft = std::get_if<Draft>(&decision)) RC_ASSERT(draft->span.from >= decided);
    RC_ASSERT(span.from == decided);
    RC_ASSERT(span.to >= span.from);
    decided = span.to;
  }
  RC_ASSERT(decided == end);
}

}  // namespace
}  // namespace sotto
