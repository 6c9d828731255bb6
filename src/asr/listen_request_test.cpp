#include "asr/listen_request.h"

#include <gtest/gtest.h>

#include "asr/listen_audio.h"

namespace sotto::app {
namespace {

TEST(ListenRequest, TakesWhatTheDecoderTakes) {
  auto const stereo = read_listen_request("model=nova-3&encoding=mulaw&sample_rate=8000&channels=2&multichannel=true");
  ASSERT_TRUE(stereo.has_value()) << stereo.error().message;
  EXPECT_EQ(stereo->channels(), 2);
  EXPECT_EQ(stereo->format.coding, Coding::mulaw);
  auto const mixed = read_listen_request("encoding=linear16&sample_rate=48000&channels=2&language=en-GB");
  ASSERT_TRUE(mixed.has_value()) << mixed.error().message;
  EXPECT_EQ(mixed->channels(), 1);
}

TEST(ListenRequest, WhatIsNotSupportedIsNamed) {
  std::string const good = "encoding=linear16&sample_rate=16000";
  for (auto const& [query, name] :
       std::vector<std::pair<std::string, std::string>>{{"model=nova-3", "encoding"},
                                                        {"encoding=opus&sample_rate=16000", "encoding"},
                                                        {"encoding=pcm_s16le&sample_rate=16000", "encoding"},
                                                        {"encoding=mulaw&sample_rate=16000", "sample_rate"},
                                                        {"encoding=linear16&sample_rate=11025", "sample_rate"},
                                                        {"encoding=linear16", "sample_rate"},
                                                        {good + "&language=de", "language"},
                                                        {good + "&language=multi", "language"},
                                                        {good + "&diarize=true", "diarize"},
                                                        {good + "&redact=pci", "redact"},
                                                        {good + "&callback=http://x", "callback"},
                                                        {good + "&keyterm=" + std::string(65, 'x'), "keyterm"},
                                                        {good + "&channels=21", "channels"}}) {
    auto const request = read_listen_request(query);
    ASSERT_FALSE(request.has_value()) << query;
    EXPECT_EQ(request.error().code, "INVALID_QUERY_PARAMETER");
    EXPECT_TRUE(request.error().message.starts_with(name + ":")) << request.error().message;
  }
}

TEST(ListenRequest, HintsAreAccepted) {
  EXPECT_TRUE(
      read_listen_request("encoding=linear16&sample_rate=16000&keyterm=x&numerals=true&diarize=false&redact=false"
                          "&profanity_filter=false&filler_words=true&mip_opt_out=true&version=latest&tag=a"));
}

TEST(ListenRequest, WaitsAreTheClients) {
  auto const options = [](char const* more) {
    return listen_segmenter(read_listen_request(std::string("encoding=linear16&sample_rate=16000") + more)->query);
  };
  EXPECT_EQ(options("").wait_finished, SegmenterOptions{}.wait_finished);
  EXPECT_EQ(options("&endpointing=false").wait_open, SegmenterOptions{}.wait_open);
  EXPECT_EQ(options("&endpointing=500").wait_finished, 500ms);
  EXPECT_EQ(options("&endpointing=500").wait_open, 500ms);
  EXPECT_EQ(options("&endpointing=0").wait_open, 0ms);
  EXPECT_EQ(options("&interim_results=true").partial_first_frames, SegmenterOptions{}.partial_first_frames);
  EXPECT_GT(options("").partial_first_frames, 1'000'000);
}

TEST(ListenKey, ComesFromEitherHeader) {
  EXPECT_EQ(read_listen_key("Token abc", "")->key, "abc");
  EXPECT_EQ(read_listen_key("token abc", "")->key, "abc");
  EXPECT_EQ(read_listen_key("Bearer abc", "")->key, "abc");
  auto const browser = read_listen_key("", "token, abc");
  ASSERT_TRUE(browser.has_value());
  EXPECT_EQ(browser->key, "abc");
  EXPECT_EQ(browser->protocol, "token");
  EXPECT_EQ(read_listen_key("", "bearer,abc,x-deepgram-session-id,1")->protocol, "bearer");
  for (auto const& [authorization, protocols] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"abc", ""}, {"Basic abc", ""}, {"", "token"}, {"", ","}}) {
    EXPECT_EQ(read_listen_key(authorization, protocols).error().code, "INVALID_AUTH");
  }
  EXPECT_EQ(read_listen_key("Token ", "")->key, "");
}

TEST(ListenAudio, ChannelsAreTakenApart) {
  ListenAudio audio({.coding = Coding::pcm_s16le, .rate = 16000}, 2, false);
  // Left 1, 2; right -1, -2; then one more of the left whose right comes with the next message.
  auto const first = audio.accept(std::vector<std::uint8_t>{1, 0, 0xFF, 0xFF, 2, 0, 0xFE, 0xFF, 3, 0});
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ((*first)[0], (std::vector{1 / 32768.0f, 2 / 32768.0f}));
  EXPECT_EQ((*first)[1], (std::vector{-1 / 32768.0f, -2 / 32768.0f}));
  auto const second = audio.accept(std::vector<std::uint8_t>{0xFD, 0xFF});
  EXPECT_EQ((*second)[1], (std::vector{-3 / 32768.0f}));
  EXPECT_EQ(audio.seconds(), 3.0 / 16000);
  EXPECT_EQ(audio.accept(std::vector<std::uint8_t>{1}).error().code, "undecodable");
}

TEST(ListenAudio, ChannelsAreMixed) {
  ListenAudio audio({.coding = Coding::pcm_s16le, .rate = 16000}, 2, true);
  auto const mixed = audio.accept(std::vector<std::uint8_t>{4, 0, 2, 0});
  ASSERT_EQ(mixed->size(), 1u);
  EXPECT_EQ((*mixed)[0], (std::vector{3 / 32768.0f}));
}

TEST(ListenAudio, FlushedSamplesEndWhereTheAudioEnded) {
  for (int const rate : {8000, 22050, 44100}) {
    ListenAudio audio({.coding = Coding::pcm_s16le, .rate = rate}, 1, false);
    std::size_t given = 0, sent = 0;
    for (int round = 0; round < 3; ++round) {
      for (int message = 0; message < 7; ++message) {
        given += (*audio.accept(std::vector<std::uint8_t>(606)))[0].size();
        sent += 303;
      }
      given += audio.flush(0).size();
      EXPECT_EQ(given, sent * 16000 / rate) << rate;
    }
  }
}

TEST(ListenAudio, DigestIsOfTheBytes) {
  ListenAudio audio({.coding = Coding::mulaw, .rate = 8000}, 1, false);
  std::string const text = "abc";
  ASSERT_TRUE(audio.accept({reinterpret_cast<std::uint8_t const*>(text.data()), 1}));
  ASSERT_TRUE(audio.accept({reinterpret_cast<std::uint8_t const*>(text.data()) + 1, 2}));
  EXPECT_EQ(audio.sha256(), digest("abc"));
}

}  // namespace
}  // namespace sotto::app
