// What recognisers are told to expect, from the library and the call to the stream.
#include <gtest/gtest.h>

#include "support/virtual_world.h"

namespace sotto {
namespace {

TEST(ExpectedTerms, EveryStreamIsToldWhatToExpectAsItIsWhenItOpens) {
  VirtualWorld world;
  auto const terms = [](char const* term) { return std::make_shared<std::vector<std::string> const>(1, term); };
  world.policies.terms = terms("Zephyrion");
  auto call = VirtualWorld::info();
  call.metadata = {{"caller_name", "Odette"}};
  world.begin(call);
  world.speak(4s);
  ASSERT_EQ(world.recognizer.hints.size(), 2u);
  EXPECT_EQ(world.recognizer.hints[1].keyterms, (std::vector<std::string>{"Odette", "Zephyrion"}));
  world.policies.terms = terms("Kelmoor");
  for (auto* stream : std::vector(world.recognizer.streams)) stream->lose("the test wants it so");
  world.settle();
  world.speak(2s);
  EXPECT_EQ(world.recognizer.hints.back().keyterms, (std::vector<std::string>{"Odette", "Kelmoor"}));
}

TEST(ExpectedTerms, OpenStreamsAreToldWhatComesUpAndWhatAPolicySaysNow) {
  VirtualWorld world;
  world.begin();
  world.speak(4s);
  auto const streams = world.recognizer.streams;
  ASSERT_EQ(streams.size(), 2u);
  world.path->on_expect({"Odette Fennimore"});
  world.settle();
  for (auto const* stream : streams) {
    ASSERT_EQ(stream->expected.size(), 1u);
    EXPECT_EQ(stream->expected[0].keyterms, (std::vector<std::string>{"Odette Fennimore", "Odette", "Fennimore"}));
  }
  world.policies.terms = std::make_shared<std::vector<std::string> const>(1, "Kelmoor");
  world.speak(1s);
  for (auto const* stream : streams) {
    ASSERT_EQ(stream->expected.size(), 2u);
    EXPECT_EQ(stream->expected[1].keyterms.back(), "Kelmoor");
    EXPECT_EQ(stream->expected[1].keyterms.front(), "Odette Fennimore");
  }
}

}  // namespace
}  // namespace sotto
