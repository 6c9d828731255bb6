#include "live/speech/speech_track.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace sotto::speech {
namespace {

// Says what a test says, on the stream it names.
class Prompted final : public Recognizer {
 public:
  std::unique_ptr<RecognizerStream> open(std::function<void(SpeechEvent)> sink) override {
    sinks.push_back(std::move(sink));
    return std::make_unique<Stream>();
  }
  bool up() const override { return true; }
  std::vector<std::function<void(SpeechEvent)>> sinks;

 private:
  struct Stream final : RecognizerStream {
    void push(std::int64_t, std::span<float const>) override {}
    void finish() override {}
  };
};

struct Still final : Clock {
  Time now() const override { return Time{}; }
};

TEST(SpeechTrack, AFinalOfNowIsShownWhileTheBacklogBeforeItWaits) {
  Prompted recogniser;
  EngineChain chain({{"only", &recogniser}});
  Still clock;
  std::vector<Hypothesis> told;
  SpeechTrack track(chain, Track::customer, limits::frame_rate_hz, clock, [&](Heard heard) {
    if (auto const* words = std::get_if<Hypothesis>(&heard)) told.push_back(*words);
  });
  std::vector<float> const second(limits::frame_rate_hz, 0.1F);
  track.push(0, 16000, second, {}, {});
  track.split();
  track.push(16000, 32000, second, {}, {});
  recogniser.sinks[1](SpeechFinal{.from = 16000, .to = 24000, .text = "words of now", .words = {}});
  ASSERT_EQ(told.size(), 1u) << "the next partial may be a second away";
  EXPECT_EQ(told[0].text, "words of now");
  EXPECT_TRUE(told[0].provisional && !told[0].final);
  recogniser.sinks[0](SpeechFinal{.from = 0, .to = 16000, .text = "before", .words = {}});
  recogniser.sinks[0](SpeechFinished{});
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[1].text, "before");
  EXPECT_TRUE(told[2].final && told[2].text == "words of now") << "decided in order";
}

}  // namespace
}  // namespace sotto::speech
