#include "policy/parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sotto::policy {
namespace {

// The first problem of a file, or nothing.
std::string problem(std::string const& yaml) {
  auto const parsed = parse_policies(yaml, "x.yaml");
  return parsed.problems.empty() ? "" : parsed.problems[0].reason;
}

std::string with_when(std::string const& when) { return "- { id: a, when: {" + when + "}, then: { tag: t } }"; }

TEST(PolicyParser, EmotionIsRefusedWithTheLaw) {
  EXPECT_NE(problem(with_when("emotion: anger")).find("Article 5(1)(f)"), std::string::npos);
  EXPECT_EQ(problem(with_when("speaker: customer, sentiment: negative")), "");
  EXPECT_NE(problem(with_when("speaker: agent, sentiment: negative")), "");
  EXPECT_NE(problem(with_when("sentiment: furious")).find("known: negative"), std::string::npos);
}

TEST(PolicyParser, KeytermsStandBesideRules) {
  auto const parsed = parse_policies("- keyterms: [ Zephyrion, \"Blue  Fox\" ]\n- keyterms: Kelmoor\n", "x.yaml");
  EXPECT_TRUE(parsed.problems.empty());
  EXPECT_EQ(parsed.keyterms, (std::vector<std::string>{"Zephyrion", "Blue Fox", "Kelmoor"}));
  EXPECT_NE(problem("- keyterms: []").find("must be a text or a list"), std::string::npos);
  EXPECT_NE(problem("- keyterms: [ \"?!\" ]").find("has no words"), std::string::npos);
  EXPECT_NE(problem("- keyterms: [ " + std::string(65, 'a') + " ]").find("has 65 bytes"), std::string::npos);
  EXPECT_NE(problem("- { keyterms: [ a ], owner: me }").find("unknown key"), std::string::npos);
}

TEST(PolicyParser, ARuleThatCanNeverFireIsNamed) {
  EXPECT_NE(problem("- { id: a, when: { phrase: [x, y] }, unless: { phrase: [x, y, z] }, then: { tag: t } }")
                .find("can never fire"),
            std::string::npos);
  EXPECT_EQ(problem("- { id: a, when: { phrase: [x, y] }, unless: { phrase: x }, then: { tag: t } }"), "");
  EXPECT_NE(problem("- { id: a, schedule: { from: 2026-02-01, until: 2026-01-01 }, when: { phrase: x }, then: { tag: t "
                    "} }")
                .find("never fire"),
            std::string::npos);
}

TEST(PolicyParser, AKeyThatDoesNothingIsNamed) {
  auto const with = [](std::string const& rest) { return problem("- { id: a, " + rest + " }"); };
  EXPECT_NE(with("when: { talk_ratio: { over: 70% } }, unless: { phrase: x }, then: { tag: t }").find("unless does"),
            std::string::npos);
  EXPECT_NE(with("when: { phrase: x }, measure: { agent_says_like: y }, then: { tag: t }").find("without a cue"),
            std::string::npos);
  EXPECT_NE(with("when: { phrase: x }, threshold: 0.7, then: { tag: t }").find("without said_like"), std::string::npos);
  EXPECT_EQ(with("when: { phrase: x }, unless: { said_like: y }, threshold: 0.7, then: { tag: t }"), "");
  EXPECT_NE(with("when: { phrase: x }, then: { cue: { headline: h }, knowledge: {} }").find("beside knowledge"),
            std::string::npos);
  EXPECT_NE(with("when: { phrase: x }, then: { tag: t }, then: { tag: u }").find("\"then\" twice"), std::string::npos);
  EXPECT_NE(with("when: { phrase: '?!' }, then: { tag: t }").find("has no words"), std::string::npos);
  EXPECT_NE(with("when: { phrase: \xf0\x9f\x93\xa6 }, then: { tag: t }").find("has no words"), std::string::npos);
  EXPECT_NE(with("when: { said_like: [ a, \xe2\x80\xa6 ] }, then: { tag: t }").find("has no words"), std::string::npos);
  EXPECT_EQ(
      with("when: { phrase: [ \xd0\xbf\xd0\xbe\xd1\x81\xd1\x8b\xd0\xbb\xd0\xba\xd0\xb0, 24/7 ] }, then: { tag: t }"),
      "");
  EXPECT_NE(with("when: { order: { phrase: x, not_before: { phrase: x } } }, then: { tag: t }").find("never fire"),
            std::string::npos);
  EXPECT_NE(with("emotion: true, when: { phrase: x }, then: { tag: t }").find("Article 5(1)(f)"), std::string::npos);
}

TEST(PolicyParser, NamesWhatIsWrongInEachForm) {
  EXPECT_NE(problem(with_when("talk_ratio: { speaker: agent, over: 20% }")).find("50%"), std::string::npos);
  EXPECT_NE(problem(with_when("talk_ratio: { over: 70% }, phrase: x")).find("stand alone"), std::string::npos);
  EXPECT_NE(problem("- { id: a, review: soon, when: { phrase: x }, then: { tag: t } }").find("2027-01-31"),
            std::string::npos);
  EXPECT_NE(problem("- { id: a, when: { phrase: x }, then: { alert: { severity: huge, message: m } } }").find("urgent"),
            std::string::npos);
  EXPECT_NE(problem("- { id: a, schedule: { hours: 18:00-08:00 }, when: { phrase: x }, then: { tag: t } }")
                .find("part of one day"),
            std::string::npos);
  EXPECT_NE(problem("- intent: cancel\n  examples: [a, b]").find("3 are the least"), std::string::npos);
}

TEST(PolicyParser, AWebhookIsANameAndNeverAnAddress) {
  auto const with = [](std::string const& webhook) {
    return "- { id: a, when: { phrase: x }, then: { webhook: " + webhook + " } }";
  };
  auto const parsed = parse_policies(with("[crm, pager_2]"), "x.yaml");
  ASSERT_TRUE(parsed.problems.empty()) << parsed.problems[0].reason;
  EXPECT_EQ(parsed.rules[0].webhooks, (std::vector<std::string>{"crm", "pager_2"}));
  EXPECT_NE(problem(with("'https://example.com/hook'")).find("never in a policy"), std::string::npos);
  EXPECT_NE(problem(with("{ url: 'https://example.com' }")).find("webhook must be"), std::string::npos);
  EXPECT_NE(problem(with("[crm, crm]")).find("named twice"), std::string::npos);
  EXPECT_NE(problem(with(std::string(41, 'a'))).find("1 to 40"), std::string::npos);
}

TEST(PolicyParser, WhatIsComparedWithSpeechHasOneForm) {
  auto const parsed = parse_policies(
      "\xef\xbb\xbf- { id: a, when: { phrase: \"don\xe2\x80\x99t can\xc2\xad"
      "cel\" }, then: { tag: t } }\r\n"
      "- { intent: \"pay\xc2\xa0now\", examples: [\"\xef\xac\x81nal bill\", b, c] }\r\n",
      "x.yaml");
  ASSERT_TRUE(parsed.problems.empty()) << parsed.problems[0].reason;
  EXPECT_EQ(std::get<Spoken>(parsed.rules[0].when).triggers[0].patterns, std::vector<std::string>{"don't cancel"});
  EXPECT_EQ(parsed.intents[0].name, "pay now");
  EXPECT_EQ(parsed.intents[0].examples[0], "final bill");
}

TEST(PolicyParser, WhatIsNoTextIsRefusedWithItsLine) {
  auto const line = [](std::string const& yaml) {
    auto const parsed = parse_policies(yaml, "x.yaml");
    return parsed.problems.empty() ? 0 : parsed.problems[0].line;
  };
  auto const with_headline = [](std::string const& headline) {
    return "- id: a\n  when: { phrase: x }\n  then: { cue: { headline: \"" + headline + "\" } }\n";
  };
  EXPECT_EQ(line(with_headline("Frag schön")), 0);
  EXPECT_EQ(line(with_headline("Frag sch\xf6n")), 3);
  EXPECT_EQ(line(with_headline("Ask\\e[31m")), 3);  // YAML's own escape
  EXPECT_EQ(line(with_headline("Ask") + "---\n- { id: b, when: { phrase: x }, then: { tag: t } }\n"), 5);
}

TEST(PolicyParser, LimitsOfSizeAreSaid) {
  auto const phrase = [](std::string const& words) { return problem(with_when("phrase: \"" + words + "\"")); };
  EXPECT_EQ(phrase(std::string(900, 'x')), "");
  EXPECT_NE(phrase(std::string(1100, 'x')).find("1100 bytes; at most 1000"), std::string::npos);
  auto const long_id = problem("- { id: " + std::string(300, 'i') + ", when: { phrase: x }, then: { tag: t } }");
  EXPECT_NE(long_id.find("300 bytes; at most 256"), std::string::npos);
  EXPECT_NE(problem(std::string(70'000, '#')).find("longer than"), std::string::npos);
  EXPECT_NE(problem(std::string(2'000'000, '\n')).find("at most 1024 KiB"), std::string::npos);
}

TEST(PolicyParser, ARegexThatMatchesNothingSaidIsRefused) {
  for (auto const* pattern : {"(cancel)?", "x*", "^", "(?i)"})
    EXPECT_NE(problem(with_when(fmt::format("regex: '{}'", pattern))).find("empty text"), std::string::npos) << pattern;
  EXPECT_EQ(problem(with_when("regex: '\\bcancel'")), "");
}

TEST(PolicyParser, ReadsIntentsBesideRules) {
  auto const parsed = parse_policies("- intent: cancel\n  examples: [a, b, c]\n  unlike: [d]\n", "x.yaml");
  ASSERT_EQ(parsed.intents.size(), 1U);
  EXPECT_EQ(parsed.intents[0].examples.size(), 3U);
  EXPECT_EQ(parsed.intents[0].unlike, std::vector<std::string>{"d"});
}

}  // namespace
}  // namespace sotto::policy
