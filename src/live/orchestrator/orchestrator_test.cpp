#include "live/orchestrator/orchestrator.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "policy/parser.h"

namespace sotto::orchestrator {
namespace {

std::shared_ptr<PolicySet const> policies(std::string const& yaml) {
  auto parsed = policy::parse_policies(yaml, "test.yaml");
  EXPECT_TRUE(parsed.problems.empty()) << (parsed.problems.empty() ? "" : parsed.problems[0].reason);
  return std::make_shared<PolicySet const>(
      PolicySet{.version = "v1", .rules = std::move(parsed.rules), .meanings = nullptr});
}

class Call {
 public:
  explicit Call(std::string const& yaml, CallFacts facts = {}) : orchestrator_(policies(yaml), std::move(facts)) {}

  // What the models find in the next words.
  NodeResults results;
  std::vector<std::string> asked;  // articles, of the words said last
  std::vector<Verdict> verdicts;

  // How sure the recogniser is of the next words; empty, or one a word.
  std::vector<double> confidences;

  // The ids of the rules that fire on these words, said at `at_ms`.
  std::string says(Track track, std::string const& text, std::int64_t at_ms) {
    Utterance utterance{
        .call = "c", .track = track, .n = n_++, .start_ms = at_ms, .end_ms = at_ms + 1000, .text = text};
    std::istringstream in(text);
    for (std::string word; in >> word;) utterance.words.push_back({word, at_ms, at_ms + 1000});
    for (std::size_t i = 0; i < confidences.size(); ++i) {
      auto& word = utterance.words.at(i);
      word.start_ms = at_ms + 10 * static_cast<std::int64_t>(i);  // apart, for what rests on some of them
      word.end_ms = word.start_ms + 10;
      word.confidence = confidences[i];
    }
    auto const graph = orchestrator_.on_utterance(utterance, n_, {});
    if (!graph) return "no graph";
    asked = graph->articles;
    auto const matches = orchestrator_.complete(*graph, results);
    verdicts = orchestrator_.explain(*graph, results, matches);
    return ids(matches);
  }
  // What explain says of a rule, behind a + where it fired.
  std::string why(std::string const& rule) const {
    auto const found = std::ranges::find(verdicts, rule, [](Verdict const& one) { return one.rule->id; });
    return found == verdicts.end() ? "" : (found->fired ? "+" : "") + found->why;
  }
  std::string after(std::int64_t call_ms, std::int64_t quiet_ms = 0) {
    return ids(orchestrator_.on_time(call_ms, quiet_ms));
  }

  std::vector<Match> matches(std::int64_t call_ms) { return orchestrator_.on_time(call_ms, 0); }

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

TEST(Orchestrator, WordsThatWereHeardUncertainlyFireNothing) {
  Call call(
      "- { id: words, when: { phrase: 'cancel my contract' }, then: { cue: { headline: x } } }\n"
      "- { id: sour, when: { sentiment: negative }, then: { cue: { headline: x } } }");
  call.results.sentiments["cancel my contract at once please"] = -0.9;
  call.confidences = {0.9, 0.2, 0.9, 0.9, 0.9, 0.9};
  EXPECT_EQ(call.says(kCustomer, "cancel my contract at once please", 0), "sour")
      << "one word in doubt: the meaning stands";
  EXPECT_EQ(call.why("words"), "its words were heard too uncertainly");
  call.confidences = {0.4, 0.4, 0.4, 0.1, 0.1, 0.05};
  EXPECT_EQ(call.says(kCustomer, "cancel my contract at once please", 60'000), "words");
  call.confidences = {};
  EXPECT_EQ(call.says(kCustomer, "cancel my contract at once please", 120'000), "words sour") << "nothing is measured";
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
  auto const parsed = policy::parse_policies(
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
  auto const parsed = policy::parse_policies("- id: a\n  when: [ unclosed\n", "p.yaml");
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_GE(parsed.problems[0].line, 2);
}

TEST(Orchestrator, PartsMayComeOneByOneAndThoseMissingAreNamed) {
  Call call(
      "- { id: told, when: { speaker: agent, parts: ['call is recorded', 'quality and training'] }, then: { tag: t } "
      "}\n"
      "- { id: late, when: { elapsed: 30s }, unless: { speaker: agent, parts: ['call is recorded', 'quality and "
      "training'] }, then: { cue: { headline: x } } }");
  EXPECT_EQ(call.says(kAgent, "this call is recorded", 0), "");
  auto const late = call.matches(30'000);
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(late[0].missing, std::vector<std::string>{"quality and training"});
  EXPECT_EQ(call.says(kAgent, "for quality and training", 40'000), "told");
  EXPECT_EQ(call.says(kAgent, "anything else", 50'000), "");
}

TEST(Orchestrator, AnIntentCountsOnlyWhenLikelyAndInScope) {
  Call call("- { id: a, when: { speaker: customer, intent: cancel }, then: { cue: { headline: x } } }");
  call.results.judgements["stop it"] = {{.intents = {{"cancel", 0.9}}, .in_scope = 0.9}};
  call.results.judgements["hm maybe"] = {{.intents = {{"cancel", 0.5}}, .in_scope = 0.9}};
  call.results.judgements["nice day"] = {{.intents = {{"cancel", 0.9}}, .in_scope = 0.2}};
  EXPECT_EQ(call.says(kCustomer, "hm maybe", 0), "");
  EXPECT_EQ(call.says(kCustomer, "nice day", 20'000), "");
  EXPECT_EQ(call.says(kCustomer, "stop it", 40'000), "a");
}

TEST(Orchestrator, SentimentIsOfTheWordsAndWorseningOfTheCall) {
  Call call(
      "- { id: bad, when: { speaker: customer, sentiment: negative }, then: { tag: t } }\n"
      "- { id: worse, when: { speaker: customer, sentiment: worsening }, then: { alert: look } }");
  call.results.sentiments = {{"thank you so much", 0.9}, {"this is really bad", -0.9}, {"I have had enough", -0.95}};
  EXPECT_EQ(call.says(kCustomer, "thank you so much", 0), "");
  EXPECT_EQ(call.says(kCustomer, "this is really bad", 20'000), "bad");
  EXPECT_EQ(call.says(kCustomer, "I have had enough", 40'000), "bad worse");
}

TEST(Orchestrator, AThirdIsASentimentAndLessIsNeutral) {
  Call call(
      "- { id: bad, when: { speaker: customer, sentiment: negative }, then: { tag: t } }\n"
      "- { id: good, when: { speaker: customer, sentiment: positive }, then: { tag: t } }\n"
      "- { id: so, when: { speaker: customer, sentiment: neutral }, then: { tag: t } }");
  call.results.sentiments = {{"that is not so nice", -0.4}, {"well that is alright", 0.4}, {"it is what it is", -0.3}};
  EXPECT_EQ(call.says(kCustomer, "that is not so nice", 0), "bad");
  EXPECT_EQ(call.says(kCustomer, "well that is alright", 20'000), "good");
  EXPECT_EQ(call.says(kCustomer, "it is what it is", 40'000), "so");
}

TEST(Orchestrator, TheShareOfTalkFiresOnceUntilItFell) {
  Call call("- { id: a, when: { talk_ratio: { speaker: agent, over: 70%, after: 10s } }, then: { tag: t } }");
  for (int i = 0; i < 8; ++i) call.says(kAgent, "word", i * 1000);
  call.says(kCustomer, "word", 9000);
  EXPECT_EQ(call.after(9'000), "");
  EXPECT_EQ(call.after(10'000), "a");
  EXPECT_EQ(call.after(11'000), "");
}

TEST(Orchestrator, ARuleIsInForceForItsTeamItsPlaceAndItsHours) {
  std::string const rule =
      "- { id: a, audience: { teams: [gold], jurisdictions: [DE] }, schedule: { days: [mon], hours: '08:00-18:00', "
      "utc_offset: '+01:00' }, when: { phrase: hello }, then: { tag: t } }";
  Time const monday = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30) + std::chrono::hours(8);
  EXPECT_EQ(Call(rule, {"gold", "", "DE", monday}).says(kAgent, "hello", 0), "a");
  EXPECT_EQ(Call(rule, {"blue", "", "DE", monday}).says(kAgent, "hello", 0), "no graph");
  EXPECT_EQ(Call(rule, {"gold", "", "FR", monday}).says(kAgent, "hello", 0), "no graph");
  EXPECT_EQ(Call(rule, {"gold", "", "DE", monday + std::chrono::hours(10)}).says(kAgent, "hello", 0), "no graph");
  EXPECT_EQ(Call(rule, {"gold", "", "DE", monday - std::chrono::hours(24)}).says(kAgent, "hello", 0), "no graph");
}

TEST(Orchestrator, IntentsAreJudgedWithWhatTheOtherPartySaidBefore) {
  Orchestrator orchestrator(
      policies("- { id: a, when: { speaker: customer, intent: x }, then: { cue: { headline: h } } }"));
  std::int64_t n = 0;
  auto const says = [&](Track track, std::string const& text) {
    Utterance const said{
        .call = "c", .track = track, .n = n, .start_ms = n * 2000, .end_ms = n * 2000 + 1500, .text = text};
    ++n;
    auto const graph = orchestrator.on_utterance(said, n, {});
    if (graph) orchestrator.complete(*graph, {});
    return graph ? graph->before : std::vector<std::string>{"no graph"};
  };
  EXPECT_TRUE(says(kCustomer, "hello").empty());
  says(kAgent, "good morning");
  says(kCustomer, "I lost it");
  says(kAgent, "I am sorry.");
  says(kAgent, "Shall I block it?");
  EXPECT_EQ(says(kCustomer, "yes"), (std::vector<std::string>{"I am sorry. Shall I block it?", "good morning"}));
  EXPECT_EQ(says(kCustomer, "please"), (std::vector<std::string>{"I am sorry. Shall I block it?", "good morning"}));
}

TEST(Orchestrator, AFlowTellsEachStepWhenItBecomesDue) {
  Call call(R"(- flow: card
  begins: { speaker: customer, phrase: 'lost my card' }
  steps:
    - { step: who, cue: { headline: h }, done: { speaker: agent, phrase: 'date of birth' } }
    - step: police
      if: { speaker: customer, phrase: 'stolen' }
      cue: { headline: h }
      done: { speaker: agent, phrase: 'report it' }
    - { step: block, cue: { headline: h }, done: { speaker: agent, phrase: 'blocked it' } }
    - { step: renew, cue: { headline: h }, done: { speaker: agent, phrase: 'a new one' } }
)");
  EXPECT_EQ(call.says(kCustomer, "hello there", 0), "");
  EXPECT_EQ(call.says(kCustomer, "I lost my card", 20'000), "card.who");
  EXPECT_EQ(call.says(kCustomer, "can you hear me", 40'000), "");                   // told once
  EXPECT_EQ(call.says(kAgent, "you get a new one", 60'000), "");                    // done early: passed over later
  EXPECT_EQ(call.says(kAgent, "your date of birth please", 80'000), "card.block");  // nobody spoke of thieves
  EXPECT_EQ(call.says(kCustomer, "it was stolen", 100'000), "card.police");
  EXPECT_EQ(call.says(kAgent, "please report it", 120'000), "card.block");
  EXPECT_EQ(call.says(kAgent, "I have blocked it", 140'000), "");
}

TEST(Orchestrator, ARuleOfTimeThatFiredBeforeARestartDoesNotFireAgain) {
  Orchestrator orchestrator(policies(R"(- { id: late, when: { elapsed: 10s }, then: { cue: { headline: h } } }
- id: missing
  when:
    order: { speaker: agent, phrase: 'card number', not_after: { speaker: agent, phrase: 'thank you' }, within: 5s }
  then: { cue: { headline: h } }
)"));
  orchestrator.has_fired("late", 10'000);
  orchestrator.has_fired("missing", 26'000);
  auto const says = [&](std::int64_t n, std::int64_t end_ms) {
    Utterance const said{.call = "c",
                         .track = kAgent,
                         .n = n,
                         .end_ms = end_ms,
                         .text = "your card number",
                         .words = {{"your", 0, end_ms}, {"card", 0, end_ms}, {"number", 0, end_ms}}};
    orchestrator.complete(*orchestrator.on_utterance(said, n + 1, {}), {});
  };
  says(0, 21'000);
  EXPECT_TRUE(orchestrator.on_time(60'000, 0).empty());
  says(1, 70'000);
  EXPECT_EQ(orchestrator.on_time(80'000, 0).size(), 1U);
}

TEST(Orchestrator, ACorrectionTakesBackWhatMisheardWordsDidToAFlow) {
  Orchestrator orchestrator(policies(R"(- flow: card
  begins: { speaker: customer, phrase: 'lost my card' }
  steps: [ { step: block, cue: { headline: h }, done: { speaker: agent, phrase: 'blocked it' } } ]
)"));
  auto const says = [&](int revision, std::string const& text) {
    Utterance said{.call = "c", .track = kCustomer, .n = 0, .revision = revision, .end_ms = 1000, .text = text};
    std::istringstream in(text);
    for (std::string word; in >> word;) said.words.push_back({word, 0, 1000});
    auto const graph = orchestrator.on_utterance(said, revision + 1, {});
    return orchestrator.complete(*graph, {}).size();
  };
  EXPECT_EQ(says(0, "I lost my card"), 1U);
  EXPECT_EQ(says(1, "I've lost my card"), 1U);  // told again: the card of the first reading is withdrawn
  EXPECT_EQ(says(2, "I lost my cat"), 0U);      // it has not begun at all
  EXPECT_EQ(says(3, "I lost my card"), 1U);
}

TEST(Orchestrator, AFlowThatIsWrittenWrongIsNamed) {
  auto const problem = [](std::string const& yaml) {
    auto const parsed = policy::parse_policies(yaml, "test.yaml");
    return parsed.problems.empty() ? std::string("none") : parsed.problems.front().reason;
  };
  EXPECT_EQ(problem("- { flow: f, begins: { phrase: x } }"), "flow f has no list of steps");
  EXPECT_EQ(problem("- { flow: f, steps: [ { step: a, cue: { headline: h }, done: { phrase: x } } ] }"),
            "flow f has no begins");
  EXPECT_EQ(problem("- { flow: f, begins: { phrase: x }, steps: [ { step: a, cue: { headline: h } } ] }"),
            "step f.a has no done: it would never end");
  EXPECT_EQ(problem("- { flow: f, begins: { phrase: x }, steps: [ { cue: { headline: h }, done: { phrase: x } } ] }"),
            "a step of flow f has no name");
}

TEST(Orchestrator, EachKnowledgeRuleAsksItsOwnArticles) {
  Call call(
      "- { id: prices, when: { phrase: price }, then: { knowledge: { articles: 'price*.md' } } }\n"
      "- { id: moving, when: { phrase: moving }, then: { knowledge: { articles: 'moving*.md' } } }\n");
  call.results.answers["price*.md"] = {.headline = "It costs 5 pounds"};
  EXPECT_EQ(call.says(kCustomer, "what is the price", 0), "prices");
  EXPECT_EQ(call.asked, (std::vector<std::string>{"price*.md"})) << "a rule whose words were not said asks nothing";
  EXPECT_EQ(call.says(kCustomer, "and we are moving", 20'000), "");
  EXPECT_NE(call.why("moving").find("no passage answers it"), std::string::npos);
}

TEST(Orchestrator, ExplainTellsWhatTheWordsDid) {
  Call call(
      "- flow: dispute\n"
      "  begins: { speaker: customer, phrase: 'did not make this payment' }\n"
      "  steps:\n"
      "    - step: block\n"
      "      cue: { headline: Block the card }\n"
      "      done: { speaker: agent, phrase: 'card is blocked' }\n"
      "- id: notice\n"
      "  when: { speaker: agent, parts: ['rate of interest', 'fourteen days'] }\n"
      "  then: { tag: told }\n"
      "- { id: french, audience: { jurisdictions: FR }, when: { phrase: payment }, then: { tag: fr } }\n");
  EXPECT_EQ(call.says(kCustomer, "I did not make this payment", 0), "dispute.block");
  EXPECT_EQ(call.why("dispute.block"), "+step 1 of 1, due: it was told");
  EXPECT_EQ(call.why("notice"), "it listens to the agent only");
  EXPECT_NE(call.why("french").find("not for this call"), std::string::npos);
  EXPECT_EQ(call.says(kAgent, "the rate of interest is nine", 10'000), "");
  EXPECT_EQ(call.says(kAgent, "you can leave in fourteen days", 40'000), "notice");
  EXPECT_EQ(call.why("notice").front(), '+');
  EXPECT_EQ(call.says(kAgent, "your card is blocked", 60'000), "");
  EXPECT_EQ(call.why("dispute.block"), "step 1 of 1, done");
}

}  // namespace
}  // namespace sotto::orchestrator
