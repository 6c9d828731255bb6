#include "live/orchestrator/questions.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::orchestrator {
namespace {

std::vector<std::string> readings_of(std::string const& text) {
  std::vector<Word> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) words.push_back({word});
  return readings(text, words);
}

TEST(Questions, EveryClauseToTheEndIsAReading) {
  EXPECT_THAT(readings_of("Right then, and while we talk, what would the bigger plan cost me?"),
              testing::ElementsAre("Right then, and while we talk, what would the bigger plan cost me?",
                                   "what would the bigger plan cost me?",
                                   "and while we talk, what would the bigger plan cost me?"));
}

TEST(Questions, FewWordsDoNotStandAlone) {
  EXPECT_THAT(readings_of("I moved last week, how so?"), testing::ElementsAre("I moved last week, how so?"));
  EXPECT_THAT(readings_of("How so?"), testing::ElementsAre("How so?"));
}

}  // namespace
}  // namespace sotto::orchestrator
