#include "live/speech/speakers.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "live/speech/role_words.h"

namespace sotto::speech {
namespace {

// A voice in miniature: harmonics of a pitch that wavers, under one resonance.
class Voice {
 public:
  Voice(double pitch, double formant) : pitch_(pitch), formant_(formant) {}

  std::vector<float> says(double seconds) {
    std::vector<float> out(static_cast<std::size_t>(seconds * 16000));
    for (std::size_t i = 0; i < out.size(); ++i) {
      auto const t = static_cast<double>(i) / 16000;
      auto const wave = std::sin(2 * std::numbers::pi * 3 * t);
      phase_ += 2 * std::numbers::pi * pitch_ * (1 + 0.05 * wave) / 16000;
      for (int harmonic = 1; harmonic * pitch_ < 3400; ++harmonic) {
        auto const away = (harmonic * pitch_ - formant_ * (1 + 0.1 * wave)) / 400;
        out[i] += static_cast<float>(0.1 * std::exp(-away * away / 2) + 0.004) *
                  static_cast<float>(std::sin(harmonic * phase_));
      }
    }
    return out;
  }

 private:
  double const pitch_, formant_;
  double phase_ = 0;
};

class Line {
 public:
  void push(std::vector<float> const& samples) {
    for (std::size_t i = 0; i < samples.size(); i += 320) {
      auto const size = std::min<std::size_t>(320, samples.size() - i);
      speakers.push(at, std::span(samples).subspan(i, size));
      at += static_cast<std::int64_t>(size);
    }
  }
  void silence(double seconds) { push(std::vector<float>(static_cast<std::size_t>(seconds * 16000), 1e-4f)); }
  // Somebody says these words in `seconds`, as evenly as a recogniser's estimate has it.
  void words(Voice& voice, std::string const& text, double seconds) {
    auto const from = at;
    push(voice.says(seconds));
    std::vector<std::string> all;
    for (std::size_t begin = 0; begin < text.size();) {
      auto const end = std::min(text.find(' ', begin), text.size());
      all.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    auto const each = (at - from) / static_cast<std::int64_t>(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto const begin = from + static_cast<std::int64_t>(i) * each;
      final.words.push_back({all[i], begin, begin + each});
    }
    final.text += (final.text.empty() ? "" : " ") + text;
    final.speech_end = at;
  }
  std::vector<SpeakerPart> ends() {
    silence(0.4);
    final.to = at;
    auto parts = speakers.on_final(final);
    final = {.from = at, .to = at, .text = "", .words = {}, .speech_end = at};
    return parts;
  }

  Speakers speakers;
  std::int64_t at = 0;
  SpeechFinal final;
};

TEST(Speakers, AFinalIsCutWhereTheOtherVoiceBegins) {
  Line line;
  Voice agent(110, 600), customer(230, 1700);
  line.words(agent, "Thank you for calling, how can I help you today?", 2.5);
  line.ends();
  line.words(customer, "Hi, I would like to cancel my contract.", 2.0);
  line.ends();
  line.words(agent, "I am sorry to hear that. May I have your account number please?", 3.0);
  line.silence(0.25);
  line.words(customer, "Yes, my number is on the letter here.", 2.0);
  auto const parts = line.ends();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].text, "I am sorry to hear that. May I have your account number please?");
  EXPECT_EQ(parts[1].text, "Yes, my number is on the letter here.");
  EXPECT_EQ(parts[0].speaker.party, Track::agent);
  EXPECT_EQ(parts[1].speaker.party, Track::customer);
  EXPECT_GT(parts[1].speaker.confidence, 0.7);
  EXPECT_NEAR(static_cast<double>(parts[0].to) / 16000, 2.9 + 2.4 + 3.125, 0.1) << "in the middle of the pause";
}

TEST(Speakers, WhatIsSaidLaterCorrectsWhoSpokeFirst) {
  Line line;
  Voice agent(110, 600), customer(230, 1700);
  // Nothing tells who says this, and the first to speak is usually the agent.
  line.words(customer, "Hello?", 0.8);
  auto const first = line.ends();
  EXPECT_EQ(first.at(0).speaker.party, Track::agent);
  std::vector<SpeakerCorrection> corrections;
  auto const end = [&] {
    line.ends();
    for (auto const& correction : line.speakers.take_corrections()) corrections.push_back(correction);
  };
  for (int turn = 0; turn < 3; ++turn) {
    line.words(agent, "Thank you for calling, how may I help you today?", 2.5);
    end();
    line.words(customer, "I want to cancel my contract.", 1.6);
    end();
  }
  ASSERT_EQ(corrections.size(), 1u);
  EXPECT_EQ(corrections[0].id, first.at(0).id);
  EXPECT_EQ(corrections[0].speaker.party, Track::customer);
}

TEST(Speakers, TheVoicesOfAnEngineTakeThePlaceOfOurs) {
  Line line;
  Voice same(150, 900);
  line.words(same, "Thank you for calling, how can I help you? I want to cancel my contract.", 4.0);
  for (auto& word : line.final.words) word.speaker = &word - line.final.words.data() < 9 ? 0 : 1;
  auto const parts = line.ends();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].words.size(), 9u);
  EXPECT_EQ(parts[0].speaker.party, Track::agent);
  EXPECT_EQ(parts[1].speaker.party, Track::customer);
}

TEST(Speakers, VoicedAudioWithoutWordsIsNobodys) {
  Line line;
  line.silence(1);
  auto const parts = line.ends();
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].from, 0);
  EXPECT_EQ(parts[0].to, line.at);
  EXPECT_TRUE(parts[0].words.empty());
}

RC_GTEST_PROP(Speakers, PartsTileTheirFinalAndKeepItsWords, ()) {
  Speakers speakers;
  std::int64_t at = 0;
  for (int finals = *rc::gen::inRange(1, 6); finals > 0; --finals) {
    auto const length = *rc::gen::inRange<std::int64_t>(1, 60'000);
    std::vector<float> samples(static_cast<std::size_t>(length));
    auto const loud = *rc::gen::container<std::vector<bool>>(8, rc::gen::arbitrary<bool>());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (loud[i * 8 / samples.size()]) samples[i] = 0.3f * std::sin(static_cast<float>(i) * 0.07f);
    }
    speakers.push(at, samples);
    SpeechFinal final{.from = at, .to = at + length, .text = "", .words = {}, .speech_end = at + length};
    // Times as wrong as estimates get, also beyond the final.
    auto const texts = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("yes.", "help?", "no", "my", "contract,", "0"));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      auto const from = at + length * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(texts.size());
      final.words.push_back({texts[i], from + *rc::gen::inRange(-2000, 2000), from + *rc::gen::inRange(-2000, 4000)});
      final.text += (i > 0 ? " " : "") + texts[i];
    }
    auto expected = at;
    std::string said;
    for (auto const& part : speakers.on_final(final)) {
      RC_ASSERT(part.from == expected);
      RC_ASSERT(part.to > part.from);
      expected = part.to;
      for (auto const& word : part.words) {
        said += (said.empty() ? "" : " ") + word.text;
        RC_ASSERT(part.words.empty() || length < 480 || (word.from >= part.from && word.to <= part.to));
      }
    }
    RC_ASSERT(expected == at + length);
    RC_ASSERT(said == final.text);
    speakers.take_corrections();
    at += length;
    speakers.forget(at);
  }
}

TEST(VoiceFrames, FindThePitchOfAVoice) {
  for (double const pitch : {95.0, 150.0, 240.0}) {
    VoiceFrames frames;
    frames.push(0, Voice(pitch, 900).says(1));
    double sum = 0;
    auto const known = frames.within(0, 15'000);
    for (auto const& frame : known) sum += frame.log_pitch;
    EXPECT_NEAR(std::exp(sum / static_cast<double>(known.size())), pitch, pitch * 0.06);
  }
}

TEST(VoiceFrames, StayWithinTheirBoundAndKeepTheirPlaces) {
  VoiceFrames frames;
  std::vector<float> const second(16'000, 0.1f);
  for (int at = 0; at < 200; ++at) frames.push(at * 16'000, second);
  EXPECT_LE(frames.size(), 180u * 50);
  frames.forget(199 * 16'000);
  EXPECT_LE(frames.size(), 50u);
  EXPECT_EQ(frames.begin_of(199 * 16'000 + 320), 199 * 16'000 + 320);
  frames.push(199 * 16'000, second);  // again, after a loss
  EXPECT_EQ(frames.within(199 * 16'000, 200 * 16'000).size(), 49u) << "the last window waits for what follows";
}

TEST(RoleWords, AgentsAndCustomersAreToldApart) {
  EXPECT_GT(agent_log_odds("Thank you for calling, how can I help you today?"), 1.5);
  EXPECT_GT(agent_log_odds("Is there anything else I can help you with?"), 1.5);
  EXPECT_LT(agent_log_odds("I want to cancel my contract."), -0.5);
  EXPECT_EQ(agent_log_odds(" ... "), 0);
}

}  // namespace
}  // namespace sotto::speech
