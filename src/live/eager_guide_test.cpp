#include "live/eager_guide.h"

#include <sstream>

#include <gtest/gtest.h>

#include "policy/parser.h"

namespace sotto {
namespace {

constexpr Time at(std::int64_t ms) { return Time(Duration(ms * 1000)); }

Utterance said(std::string const& text, std::int64_t n = 0) {
  Utterance out{.call = "c", .track = Track::customer, .n = n, .end_ms = 1000, .text = text};
  std::istringstream in(text);
  for (std::string word; in >> word;) out.words.push_back({word, 0, 1000});
  return out;
}

// A call with one rule, its guide, and what would be told of words before they are committed.
struct EagerCall {
  CallGuide guide = make();
  EagerGuide eager;

  static CallGuide make() {
    auto parsed = policy::parse_policies(
        "- id: leave\n"
        "  when: { phrase: 'cancel my contract' }\n"
        "  then: { cue: { headline: Stay } }",
        "test.yaml");
    EXPECT_TRUE(parsed.problems.empty());
    PolicySet set{.version = "v1", .rules = std::move(parsed.rules), .meanings = nullptr};
    return CallGuide({.id = "c", .tenant = "t"}, {std::make_shared<PolicySet const>(std::move(set)), nullptr});
  }
  std::string told() {
    std::string out;
    for (auto const& one : eager.take())
      out += std::string(out.empty() ? "" : " ") + (one.withdrawn ? "-" : "") + one.cue.policy;
    return out;
  }
  void expect(Utterance const& words, Time now) {
    auto const graph = eager.on_words(guide, words, now + 1s);
    ASSERT_TRUE(graph);
    eager.on_results(*graph, {}, now, now);
  }
  std::vector<EventBody> commit(Utterance const& words, Time now) {
    auto const graph = guide.on_words(words, 1, now + 1s);
    guide.on_results(*graph, eager.answers(*graph, now).value_or(NodeResults()), {.spoken = now}, now);
    auto bodies = guide.take();
    eager.on_told(bodies);
    eager.on_decided(words.id());
    return bodies;
  }
};

TEST(EagerGuide, ACueThatIsExpectedComesWithTheSameId) {
  EagerCall call;
  call.expect(said("please cancel my contract"), at(0));
  auto const expected = call.eager.take();
  ASSERT_EQ(expected.size(), 1u);
  auto const told = call.commit(said("please cancel my contract"), at(300));
  auto const cue = std::ranges::find_if(told, [](auto const& body) { return std::holds_alternative<Cue>(body); });
  ASSERT_NE(cue, told.end());
  EXPECT_EQ(std::get<Cue>(*cue).id, expected[0].cue.id);
  EXPECT_EQ(call.told(), "") << "it came: nothing is withdrawn";
}

TEST(EagerGuide, WhatTheCommittedWordsDoNotBringIsWithdrawn) {
  EagerCall call;
  call.expect(said("please cancel my contract"), at(0));
  EXPECT_EQ(call.told(), "leave");
  EXPECT_TRUE(call.commit(said("please send me nothing"), at(300)).empty());
  EXPECT_EQ(call.told(), "-leave");
}

TEST(EagerGuide, AVoiceThatGoesOnTakesTheCueAwayAfterASecondUnlessItIsExpectedAgain) {
  EagerCall call;
  call.expect(said("please cancel my contract"), at(0));
  call.eager.on_resumed("customer-0", at(200));
  call.eager.tick(at(1100));
  EXPECT_EQ(call.told(), "leave");
  call.expect(said("please cancel my contract today"), at(1150));
  call.eager.tick(at(1300));
  EXPECT_EQ(call.told(), "") << "told already";
  call.eager.on_resumed("customer-0", at(1400));
  call.eager.tick(at(2500));
  EXPECT_EQ(call.told(), "-leave");
}

TEST(EagerGuide, TheGuideItselfHearsNothing) {
  EagerCall call;
  auto const before = call.guide.snapshot(0);
  call.expect(said("please cancel my contract"), at(0));
  EXPECT_EQ(call.guide.snapshot(0), before);
  EXPECT_TRUE(call.guide.take().empty());
}

TEST(EagerGuide, TheModelsAreAskedOnceForTheSameWords) {
  EagerCall call;
  auto graph = call.eager.on_words(call.guide, said("cancel my contract"), at(1000));
  NodeResults results;
  results.sentiments["cancel my contract"] = -1;
  call.eager.on_results(*graph, results, at(0), at(10));
  auto const committed = call.guide.on_words(said("cancel my contract"), 1, at(1000));
  auto const answers = call.eager.answers(*committed, at(300));
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->sentiments, results.sentiments);
  EXPECT_EQ(answers->answered, at(300));
  EXPECT_FALSE(call.eager.answers(*committed, at(300))) << "once";

  graph = call.eager.on_words(call.guide, said("yes", 1), at(1000));
  call.eager.on_results(*graph, results, at(0), at(10));
  auto other = *call.guide.on_words(said("yes", 1), 2, at(1000));
  other.questions = {"yes?"};
  EXPECT_FALSE(call.eager.answers(other, at(300))) << "something else is asked";
}

}  // namespace
}  // namespace sotto
