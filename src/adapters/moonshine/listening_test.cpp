#include "adapters/moonshine/listening.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace sotto {
namespace {

// Keys of `frames` frames, one-hot; a row that asks for frame f listens there.
std::vector<float> one_hot(std::vector<std::size_t> const& places, std::size_t width) {
  std::vector<float> rows(places.size() * width);
  for (std::size_t row = 0; row < places.size(); ++row) rows[row * width + places[row]] = 40;
  return rows;
}

std::vector<std::size_t> way_of(std::vector<std::size_t> const& asked, std::size_t frames) {
  std::vector<std::size_t> all(frames);
  for (std::size_t frame = 0; frame < frames; ++frame) all[frame] = frame;
  Listening listening(asked.size(), frames);
  listening.add(one_hot(asked, frames), frames, one_hot(all, frames), frames);
  return listening.way();
}

TEST(Listening, TheWayGoesThroughWhatTheRowsListenTo) {
  auto const way = way_of({1, 4, 5, 9}, 12);
  ASSERT_EQ(way.size(), 5u);
  EXPECT_EQ(way.front(), 0u);
  EXPECT_EQ(way.back(), 12u);
  EXPECT_TRUE(way[1] > 1 && way[1] <= 4) << way[1];
  EXPECT_EQ(way[2], 5u);
  EXPECT_TRUE(way[3] > 5 && way[3] <= 9) << way[3];
}

TEST(Listening, ItNeverGoesBackAndLeavesNoRowOut) {
  auto const way = way_of({6, 2, 7}, 8);
  ASSERT_EQ(way.size(), 4u);
  for (std::size_t row = 0; row < 3; ++row) EXPECT_LT(way[row], way[row + 1]);
}

TEST(Listening, MoreRowsThanFramesHaveNoWay) {
  EXPECT_TRUE(way_of({0, 1, 1}, 2).empty());
  EXPECT_TRUE(Listening(0, 5).way().empty());
}

TEST(Listening, EachHeadCounts) {
  std::vector<std::size_t> const frames{0, 1, 2, 3};
  Listening listening(2, 4);
  listening.add(one_hot({0, 1}, 4), 4, one_hot(frames, 4), 4);
  for (int more = 0; more < 2; ++more) listening.add(one_hot({0, 3}, 4), 4, one_hot(frames, 4), 4);
  EXPECT_EQ(listening.way().at(1), 1u);  // both are passed on the way
  EXPECT_EQ(listening.way().at(2), 4u);
}

TEST(Listening, WordsEndWhereTheirSoundDoes) {
  // Loud from 0.1 to 0.3 s and from 0.5 to 0.7 s.
  std::vector<float> audio(16'000);
  for (std::size_t at = 0; at < audio.size(); ++at) {
    bool const loud = (at >= 1600 && at < 4800) || (at >= 8000 && at < 11'200);
    audio[at] = (loud ? 0.1f : 0.0001f) * std::sin(static_cast<float>(at));
  }
  std::vector<std::size_t> const way{0, 8, 17, 35, 41};  // a token of a context, two words, the end
  std::vector<TokenRange> const words{{0, 1}, {1, 2}};
  auto const spans = spans_of_words(way, 0, words, audio);
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0], (Span{1600, 7 * kEncoderFrame}));
  auto const behind = spans_of_words(way, 1, words, audio);
  ASSERT_EQ(behind.size(), 2u);
  EXPECT_EQ(behind[0], (Span{7 * kEncoderFrame, 4800}));
  EXPECT_EQ(behind[1], (Span{8000, 11'200}));
  EXPECT_TRUE(spans_of_words(way, 3, words, audio).empty());
}

// Words of so many milliseconds, one behind the other.
std::vector<Span> lasting(std::vector<std::int64_t> const& milliseconds) {
  std::vector<Span> words;
  std::int64_t at = 0;
  for (auto const length : milliseconds) {
    words.push_back({at, at + length * 16});
    at += length * 16;
  }
  return words;
}

TEST(Listening, WordsOfACircleWereSaidNowhere) {
  // "could build a house, could build a house": the first time they have no sound of their own.
  EXPECT_EQ(said_nowhere(lasting({90, 300, 24, 24, 24, 20, 24, 170, 430})),
            (std::vector<bool>{false, false, true, true, true, true, true, false, false}));
  EXPECT_EQ(said_nowhere(lasting({200, 24, 48, 24, 24})), (std::vector<bool>{false, true, true, true, true}));
}

TEST(Listening, WordsThatAreSaidFastWereSaid) {
  auto const none = [](std::vector<std::int64_t> const& milliseconds) {
    auto const nowhere = said_nowhere(lasting(milliseconds));
    return std::ranges::count(nowhere, true) == 0;
  };
  EXPECT_TRUE(none({24, 24, 24, 200}));            // a few of them: small words between long ones
  EXPECT_TRUE(none({60, 70, 60, 70, 60, 70}));     // fifteen a second
  EXPECT_TRUE(none({24, 100, 24, 100, 24, 100}));  // not one behind the other
  EXPECT_TRUE(none({}));
}

TEST(Listening, SilenceIsNotTrimmedAway) {
  std::vector<std::size_t> const way{0, 8, 17};
  std::vector<TokenRange> const words{{0, 1}};
  EXPECT_EQ(spans_of_words(way, 0, words, std::vector<float>(6400)).at(0), (Span{0, 7 * kEncoderFrame}));
}

}  // namespace
}  // namespace sotto
