#include "adapters/sndfile/wav.h"

#include <fstream>

#include <gtest/gtest.h>

namespace sotto::app {
namespace {

TEST(Wav, WhatIsReadFromAFileCanBeWrittenForABrowser) {
  Wav const wav{.rate = 8000, .channels = {{1, -2, 32767, -32768}, {5, 6, 7, 8}}};
  auto const bytes = pcm_file(wav);
  EXPECT_EQ(bytes.substr(0, 4), "RIFF");
  EXPECT_EQ(bytes.substr(8, 4), "WAVE");
  auto const file = std::filesystem::path(testing::TempDir()) / "pcm_file.wav";
  std::ofstream(file, std::ios::binary) << bytes;
  auto const again = read_wav(file);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->rate, 8000);
  EXPECT_EQ(again->channels, wav.channels);
  std::filesystem::remove(file);
}

std::string little(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

// A file of one channel with this audio, of the length that its header says or not.
std::filesystem::path file_of(std::uint32_t coding, std::uint32_t bits, std::uint32_t rate, std::string const& audio,
                              std::uint32_t said_size) {
  auto const block = bits / 8;
  auto const format =
      little(coding, 2) + little(1, 2) + little(rate, 4) + little(rate * block, 4) + little(block, 2) + little(bits, 2);
  auto const file = std::filesystem::path(testing::TempDir()) / "made.wav";
  std::ofstream(file, std::ios::binary) << "RIFF" << little(said_size == 0 ? 0 : said_size + 36, 4) << "WAVEfmt "
                                        << little(16, 4) << format << "data" << little(said_size, 4) << audio;
  return file;
}

std::string floats(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    float const value = i % 2 == 0 ? 0.5f : -0.25f;
    out.append(reinterpret_cast<char const*>(&value), sizeof value);
  }
  return out;
}

TEST(Wav, FloatSamplesAreHeard) {
  auto const wav = read_wav(file_of(3, 32, 16000, floats(100), 400));
  ASSERT_TRUE(wav) << wav.error().message;
  ASSERT_EQ(wav->channels.front().size(), 100u);
  EXPECT_EQ(wav->channels.front()[0], 16384);
  EXPECT_EQ(wav->channels.front()[1], -8192);
}

TEST(Wav, ARecorderThatWasKilledLeavesWhatItWrote) {
  for (std::uint32_t const size : {0u, 0xFFFFFFFFu, 4'000'000u}) {
    auto const wav = read_wav(file_of(1, 16, 8000, std::string(3200, '\1'), size));
    ASSERT_TRUE(wav) << size << ": " << wav.error().message;
    EXPECT_EQ(wav->channels.front().size(), 1600u) << size;
  }
}

TEST(Wav, AFileThatWasCutOffSaysSo) {
  auto const cut = read_wav(file_of(1, 16, 8000, std::string(3200, '\1'), 64000));
  ASSERT_TRUE(cut) << cut.error().message;
  ASSERT_EQ(cut->notes.size(), 1u);
  EXPECT_NE(cut->notes[0].find("60800 of the bytes"), std::string::npos) << cut->notes[0];
  EXPECT_TRUE(read_wav(file_of(1, 16, 8000, std::string(3200, '\1'), 3200))->notes.empty());
}

TEST(Wav, FloatsOfIntegersAreScaledAndBiggerOnesRefused) {
  auto const of = [](float factor) {
    std::string out;
    for (int i = 0; i < 100; ++i) {
      float const value = (i % 2 == 0 ? 0.5f : -0.25f) * factor;
      out.append(reinterpret_cast<char const*>(&value), sizeof value);
    }
    return read_wav(file_of(3, 32, 16000, out, 400));
  };
  auto const wav = of(32768);
  ASSERT_TRUE(wav) << wav.error().message;
  EXPECT_EQ(wav->channels.front()[0], 16384);
  EXPECT_EQ(wav->channels.front()[1], -8192);
  EXPECT_EQ(wav->notes.size(), 1u);
  EXPECT_TRUE(of(4)->notes.empty()) << "loud, and clipped as it was";
  ASSERT_FALSE(of(2e9f));
  EXPECT_NE(of(2e9f).error().message.find("between -1 and 1"), std::string::npos);
}

TEST(Wav, AudioBehindWhatTheLengthSaysIsHeard) {
  std::string audio;
  for (int i = 0; i < 8000; ++i) audio += little(static_cast<std::uint32_t>(i * 2654435761u), 2);
  auto const wav = read_wav(file_of(1, 16, 8000, audio, 1000));
  ASSERT_TRUE(wav) << wav.error().message;
  EXPECT_EQ(wav->channels.front().size(), 8000u);
  EXPECT_EQ(wav->notes.size(), 1u);
  for (std::string const& behind : {"LIST" + little(100, 4) + std::string(100, 'x'), "ID3\4" + std::string(200, '\1'),
                                    "TAG" + std::string(125, 'x'), std::string(512, '\0')}) {
    auto const tagged = read_wav(file_of(1, 16, 8000, audio + behind, 16000));
    ASSERT_TRUE(tagged) << tagged.error().message;
    EXPECT_EQ(tagged->channels.front().size(), 8000u) << behind.substr(0, 4);
    EXPECT_TRUE(tagged->notes.empty());
  }
  auto const twice = read_wav(file_of(1, 16, 8000, audio + "data" + little(16000, 4) + audio, 16000));
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("two pieces"), std::string::npos) << twice.error().message;
}

TEST(Wav, ImpossibleHeadersAreRefusedByName) {
  struct {
    std::uint32_t coding, bits, rate;
    char const* word;
  } const files[] = {{1, 16, 1, "1 samples a second"},     {1, 13, 8000, "13 bits"},
                     {7, 16, 8000, "mu-law with 16 bits"}, {6, 16, 8000, "A-law with 16 bits"},
                     {3, 16, 8000, "float with 16 bits"},  {1, 16, 4'000'000, "4000000 samples"}};
  for (auto const& [coding, bits, rate, word] : files) {
    auto const wav = read_wav(file_of(coding, bits, rate, std::string(3200, '\1'), 3200));
    ASSERT_FALSE(wav) << word;
    EXPECT_NE(wav.error().message.find(word), std::string::npos) << wav.error().message;
    EXPECT_NE(wav.error().message.find("made.wav"), std::string::npos);
  }
}

}  // namespace
}  // namespace sotto::app
