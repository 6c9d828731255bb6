#include "live/speech/speech_track.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace sotto::speech {
namespace {

TEST(SpeechTrack, AFinalOfNowIsShownWhileTheBacklogBeforeItWaits) {
  EngineChain chain({"only"});
  SpeechTrack track(chain, Track::customer, limits::kFrameRateHz);
  std::vector<Hypothesis> told;
  auto const hear = [&](StreamId stream, SpeechEvent event) {
    track.on(stream, std::move(event), {});
    for (auto& heard : track.take_heard()) {
      if (auto const* words = std::get_if<Hypothesis>(&heard)) told.push_back(*words);
    }
  };
  std::vector<float> const second(limits::kFrameRateHz, 0.1F);
  track.push(0, 16000, second, {}, {});
  track.split();
  track.push(16000, 32000, second, {}, {});
  std::vector<StreamId> streams;
  for (auto const& effect : track.take_effects()) {
    if (auto const* open = std::get_if<OpenStream>(&effect)) streams.push_back(open->stream);
  }
  ASSERT_EQ(streams.size(), 2u);
  hear(streams[1], SpeechFinal{.from = 16000, .to = 24000, .text = "live words", .words = {}});
  ASSERT_EQ(told.size(), 1u) << "the next partial may be a second away";
  EXPECT_EQ(told[0].text, "live words");
  EXPECT_TRUE(told[0].provisional && !told[0].final);
  hear(streams[0], SpeechFinal{.from = 0, .to = 16000, .text = "before", .words = {}});
  hear(streams[0], SpeechFinished{});
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[1].text, "before");
  EXPECT_TRUE(told[2].final && told[2].text == "live words") << "decided in order";
}

}  // namespace
}  // namespace sotto::speech
