#include "live/speech/expected_terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace sotto::speech {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ExpectedTerms, NamesOfTheCallComeBeforeThoseOfItsTenant) {
  CallInfo call;
  call.parties = {{.track = Track::customer, .side = Track::customer, .name = "Odette Fennimore"}};
  call.metadata = {{"caller_Name", "Kwame Okonjo"}, {"queue", "Sales"}, {"age", 40}};
  EXPECT_THAT(expected_terms({}, call, {"Zephyrion", "Kwame"}),
              ElementsAre("Odette Fennimore", "Odette", "Fennimore", "Kwame Okonjo", "Kwame", "Okonjo", "Zephyrion"));
}

TEST(ExpectedTerms, WhatCameUpInTheCallIsFirst) {
  CallInfo call;
  call.metadata = {{"name", "Kwame"}};
  EXPECT_THAT(expected_terms({"Odette Fennimore"}, call, {"Zephyrion"}),
              ElementsAre("Odette Fennimore", "Odette", "Fennimore", "Kwame", "Zephyrion"));
}

TEST(ExpectedTerms, ASourceMayListThem) {
  CallInfo call;
  call.metadata = {{"keyterms", "Zephyrion, Blue Fox,,  "}};
  EXPECT_THAT(expected_terms({}, call, {}), ElementsAre("Zephyrion", "Blue Fox"));
}

TEST(ExpectedTerms, WhatNobodySaysAsANameIsLeftOut) {
  CallInfo call;
  call.metadata = {
      {"filename", "4711.wav"}, {"username", "??"}, {"name", std::string(limits::kKeytermBytesMax + 1, 'A')}};
  EXPECT_THAT(expected_terms({}, call, {}), IsEmpty());
}

TEST(ExpectedTerms, AreNoMoreThanARecogniserTakes) {
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i)
    many.push_back("Term" + std::string(1, static_cast<char>('a' + i % 26)) + std::string(1 + i / 26, 'x'));
  auto const terms = expected_terms({}, {}, many);
  ASSERT_EQ(terms.size(), limits::kKeytermsMax);
  EXPECT_EQ(terms.front(), many.front());
}

}  // namespace
}  // namespace sotto::speech
