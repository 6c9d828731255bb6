#include "live/orchestrator/orchestrator.h"

#include <sstream>

#include <gtest/gtest.h>

#include "live/orchestrator/policy_parser.h"

namespace sotto::orchestrator {
namespace {

std::shared_ptr<PolicySet const> policies(std::string const& yaml) {
  auto parsed = parse_policies(yaml, "test.yaml");
  EXPECT_TRUE(parsed.problems.empty()) << (parsed.problems.empty() ? "" : parsed.problems[0].reason);
  return std::make_shared<PolicySet const>(
      PolicySet{.version = "v1", .rules = std::move(parsed.rules), .vectors = nullptr});
}

class Call {
 public:
  explicit Call(std::string const& yaml) : orchestrator_(policies(yaml)) {}

  // The ids of the rules that fire on these words, said at `at_ms`.
  std::string says(Track track, std::string const& text, std::int64_t at_ms) {
    Utterance utterance{
        .call = "c", .track = track, .n = n_++, .start_ms = at_ms, .end_ms = at_ms + 1000, .text = text};
    std::istringstream in(text);
    for (std::string word; in >> word;) utterance.words.push_back({word, at_ms, at_ms + 1000});
    auto const graph = orchestrator_.on_utterance(utterance, n_, {});
    return graph ? ids(orchestrator_.complete(*graph, {})) : "no graph";
  }
  std::string after(std::int64_t call_ms, std::int64_t quiet_ms = 0) {
    return ids(orchestrator_.on_time(call_ms, quiet_ms));
  }

 private:
  static std::string ids(std::vector<Match> const& matches) {
    std::string out;
    for (auto const& match : matches) out += (out.empty() ? "" : " ") + match.rule->id;
    return out;
  }
  Orchestrator orchestrator_;
  std::int64_t n_ = 0;
};

constexpr auto kAgent = Track::agent, kCustomer = Track::customer;

TEST(Orchestrator, LooksOnlyAtTheSpeakerARuleNames) {
  Call call("- { id: a, when: { speaker: customer, phrase: 'cancel my contract' }, then: { cue: { headline: x } } }");
  EXPECT_EQ(call.says(kAgent, "you can cancel my contract", 0), "no graph");
  EXPECT_EQ(call.says(kCustomer, "please cancel my contract now", 2000), "a");
}

TEST(Orchestrator, APhraseThatACutDividesIsFoundOnce) {
  Call call("- { id: a, when: { speaker: customer, phrase: 'cancel my contract' }, then: { cue: { headline: x } } }");
  EXPECT_EQ(call.says(kCustomer, "I would like to cancel", 0), "");
  EXPECT_EQ(call.says(kCustomer, "my contract please", 1500), "a");
  EXPECT_EQ(call.says(kCustomer, "thank you", 3000), "") << "what matched before does not match again";
}

TEST(Orchestrator, AllWantsEachOfItsTriggersAndUnlessBlocks) {
  Call call(
      "- id: a\n  when: { all: [ { phrase: refund }, { regex: '(?i)damaged|broken' } ] }\n"
      "  unless: { phrase: 'already received' }\n  then: { cue: { headline: x } }");
  EXPECT_EQ(call.says(kCustomer, "I want a refund", 0), "");
  EXPECT_EQ(call.says(kCustomer, "a refund because it is broken", 20000), "a");
  EXPECT_EQ(call.says(kCustomer, "I have already received the refund for the broken one", 40000), "");
}

TEST(Orchestrator, ElapsedFiresOnceUnlessItWasSaid) {
  auto const* yaml =
      "- { id: notice, when: { elapsed: 45s }, unless: { speaker: agent, phrase: 'call is recorded' }, then: { cue: { "
      "headline: x } } }";
  Call silent(yaml), said(yaml);
  EXPECT_EQ(silent.after(44'000), "");
  EXPECT_EQ(silent.after(45'000), "notice");
  EXPECT_EQ(silent.after(46'000), "");
  said.says(kAgent, "this call is recorded for quality", 1000);
  EXPECT_EQ(said.after(46'000), "");
}

TEST(Orchestrator, SilenceFiresOncePerSilence) {
  Call call("- { id: quiet, when: { silence: 8s }, then: { cue: { headline: x } } }");
  EXPECT_EQ(call.after(10'000, 8000), "quiet");
  EXPECT_EQ(call.after(11'000, 9000), "");
  EXPECT_EQ(call.after(12'000, 100), "");
  EXPECT_EQ(call.after(30'000, 8100), "quiet");
}

TEST(Orchestrator, OrderKnowsWhatWasSaidBeforeAndAwaitsWhatMustFollow) {
  auto const* before =
      "- { id: late, when: { order: { speaker: customer, phrase: 'pay by card', not_before: { speaker: agent, phrase: "
      "'right to cancel' } } }, then: { cue: { headline: x } } }";
  Call wrong(before), right(before);
  EXPECT_EQ(wrong.says(kCustomer, "can I pay by card", 1000), "late");
  right.says(kAgent, "you have the right to cancel", 1000);
  EXPECT_EQ(right.says(kCustomer, "can I pay by card", 5000), "");
  auto const* after =
      "- { id: missing, when: { order: { speaker: agent, phrase: 'card number', not_after: { speaker: agent, phrase: "
      "'recording is paused' }, within: 10s } }, then: { cue: { headline: x } } }";
  Call waits(after), obeys(after);
  waits.says(kAgent, "tell me the card number", 1000);
  EXPECT_EQ(waits.after(11'000), "");
  EXPECT_EQ(waits.after(12'000), "missing");
  obeys.says(kAgent, "tell me the card number", 1000);
  obeys.says(kAgent, "the recording is paused", 4000);
  EXPECT_EQ(obeys.after(20'000), "");
}

TEST(PolicyParser, CollectsEveryProblemWithItsLine) {
  auto const parsed = parse_policies(
      "- id: a\n  when: { phrase: x, foo: 1 }\n  then: { cue: { headline: one two three four five six seven eight nine "
      "ten } }\n"
      "- id: a\n  when: { regex: '(' }\n  then: { checklist: { item: x } }\n  limits: { cool_down: soon, priority: 900 "
      "}\n",
      "p.yaml");
  std::vector<int> lines;
  for (auto const& problem : parsed.problems) lines.push_back(problem.line);
  EXPECT_EQ(lines, (std::vector<int>{2, 3, 5, 6, 7, 7, 4}));
}

TEST(PolicyParser, BrokenYamlNamesItsLine) {
  auto const parsed = parse_policies("- id: a\n  when: [ unclosed\n", "p.yaml");
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_GE(parsed.problems[0].line, 2);
}

}  // namespace
}  // namespace sotto::orchestrator
