#include "knowledge/articles/articles.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "knowledge/articles/article_lint.h"
#include "knowledge/knowledge_base.h"

namespace sotto::knowledge {
namespace {

Day day(char const* text) { return parse_day(text).value(); }

TEST(Articles, MarkdownHasPathDatesAudienceAndItems) {
  auto const parsed = parse_article(
      "---\nvalid_from: 2026-01-31\nvalid_until: 2026-12-31\naudience: billing, returns\n---\n# Fees\n\n## Late\n\n"
      "### Second *letter*\nIt costs 7.50 pounds. It is sent by post.\n\n- Free for new customers\n- Paid by card\n",
      "fees.md");
  ASSERT_TRUE(parsed.problems.empty()) << parsed.problems[0].reason;
  ASSERT_EQ(parsed.passages.size(), 1);
  auto const& passage = parsed.passages[0];
  EXPECT_EQ(passage.title, "Fees");
  EXPECT_EQ(passage.heading, "Second letter");
  EXPECT_THAT(passage.path, testing::ElementsAre("Late"));
  EXPECT_EQ(passage.line, 10);
  ASSERT_EQ(passage.sentences.size(), 4);
  EXPECT_EQ(passage.sentences[0].text, "It costs 7.50 pounds.");
  EXPECT_TRUE(passage.sentences[2].item);
  EXPECT_EQ(passage.valid_until, day("2026-12-31"));
  EXPECT_FALSE(may_read({.team = "billing", .today = day("2026-01-30")}, passage));
  EXPECT_TRUE(may_read({.team = "billing", .today = day("2026-12-31")}, passage));
  EXPECT_FALSE(may_read({.team = "sales", .today = day("2026-12-31")}, passage));
  EXPECT_FALSE(may_read({}, passage));
}

TEST(Articles, HtmlIsTheSameArticle) {
  auto const parsed = parse_article(
      "<html><head><title>Shop | Fees</title><meta name=valid_until content=2026-12-31><style>p{}</style></head><body>"
      "<nav><a href=/>Home</a></nav><h1>Fees</h1><h2>Late <b>payment</b></h2><p>It costs 7.50&nbsp;pounds.</p>"
      "<ul><li>Free for new customers<li>Paid by card</ul><table><tr><th>Plan<td>Price</tr></table></body></html>",
      "fees.html");
  ASSERT_TRUE(parsed.problems.empty()) << parsed.problems[0].reason;
  ASSERT_EQ(parsed.passages.size(), 1);
  auto const& passage = parsed.passages[0];
  EXPECT_EQ(passage.title, "Fees");
  EXPECT_EQ(passage.heading, "Late payment");
  ASSERT_EQ(passage.sentences.size(), 4);
  EXPECT_EQ(passage.sentences[1].text, "Free for new customers");
  EXPECT_TRUE(passage.sentences[1].item);
  EXPECT_EQ(passage.sentences[3].text, "Plan, Price");
  EXPECT_EQ(passage.valid_until, day("2026-12-31"));
}

TEST(Articles, TextOfAPdfHasHeadingsAndNoRunningLines) {
  auto const parsed = parse_article(
      "Router help\n\nRed light\n\nThe router has lost the\nline. Check the thin ca-\nble first.\n\nPage 1\n\f"
      "Blue light\n\nIt waits for a device.\n\nPage 2\n\fOrange light\n\nIt updates itself.\n• Do not unplug "
      "it.\n\nPage 3\n\f",
      "router.pdf");
  ASSERT_TRUE(parsed.problems.empty()) << parsed.problems[0].reason;
  ASSERT_EQ(parsed.passages.size(), 3);
  EXPECT_EQ(parsed.passages[0].heading, "Red light");
  EXPECT_EQ(parsed.passages[0].text, "The router has lost the line. Check the thin cable first.");
  EXPECT_TRUE(parsed.passages[2].sentences[1].item);
}

std::string problem_of(std::string_view text, std::string const& file) {
  auto const parsed = parse_article(text, file);
  return parsed.problems.empty() ? "" : parsed.problems[0].reason;
}

TEST(Articles, WrongInputIsNamed) {
  EXPECT_THAT(problem_of("\f\f\n", "scan.pdf"), testing::HasSubstr("only pictures"));
  EXPECT_THAT(problem_of("## Fees\nNone.\n", "a.md"), testing::HasSubstr("no title"));
  EXPECT_THAT(problem_of("", "a.md"), testing::HasSubstr("no title"));
  EXPECT_THAT(problem_of("<p>None.</p>", "a.html"), testing::HasSubstr("no title"));
  EXPECT_THAT(problem_of("# A\n# B\ntext\n", "a.md"), testing::HasSubstr("second title"));
  EXPECT_THAT(problem_of("---\nvalid_from: 31.1.2026\n---\n# A\ntext\n", "a.md"), testing::HasSubstr("31.1.2026"));
  EXPECT_THAT(problem_of("---\nvalid_from: 2026-02-30\n---\n# A\ntext\n", "a.md"), testing::HasSubstr("2026-02-30"));
  EXPECT_THAT(problem_of("---\nvalid_from: 2026-02-02\nvalid_until: 2026-02-01\n---\n# A\ntext\n", "a.md"),
              testing::HasSubstr("before valid_from"));
  EXPECT_THAT(problem_of("---\nteams: x\n---\n# A\ntext\n", "a.md"), testing::HasSubstr("unknown entry"));
  EXPECT_THAT(problem_of("# A\n\xff\n", "a.md"), testing::HasSubstr("UTF-8"));
  EXPECT_THAT(problem_of("# A\ntext\n", "a.docx"), testing::HasSubstr("not an article"));
  std::string deep = "<h1>A</h1>";
  for (int i = 0; i < 100'000; ++i) deep += "<div>";
  EXPECT_THAT(problem_of(deep, "a.html"), testing::HasSubstr("nested deeper"));
}

TEST(Articles, WhatIsTooLongIsAWarning) {
  std::string words;
  for (int i = 0; i < 200; ++i) words += "word ";
  auto const parsed =
      parse_article("# A\n## one two three four five six seven eight nine ten\n" + words + "\n", "a.md");
  EXPECT_TRUE(parsed.problems.empty());
  ASSERT_EQ(parsed.warnings.size(), 3);
  for (auto const& warning : parsed.warnings) EXPECT_THAT(warning.reason, testing::StartsWith("too long"));
}

TEST(Articles, LintFindsOverlapContradictionAndAge) {
  auto passages =
      parse_article("# A\n## Fee\nThe exit fee is 12 pounds for every month that remains.\n", "a.md").passages;
  auto const add = [&](char const* text, char const* file) {
    std::ranges::move(parse_article(text, file).passages, std::back_inserter(passages));
  };
  add("# B\n## Exit\nThe exit fee is 15 pounds for every month that remains.\n", "b.md");
  add("---\nvalid_until: 2025-12-31\n---\n# C\n## Post\nA paper receipt takes five working days by post.\n", "c.md");
  add("# D\n## Letter\nA paper receipt takes five working days by post.\n", "d.md");
  std::vector<std::string> found;
  for (auto const& problem : lint(passages, day("2026-01-15"))) found.push_back(problem.reason);
  EXPECT_THAT(found,
              testing::UnorderedElementsAre(testing::StartsWith("contradicting"), testing::StartsWith("overlapping"),
                                            testing::StartsWith("outdated:")));
}

// What lint says of two articles of one sentence each.
std::string between(std::string const& one, std::string const& two) {
  auto passages = parse_article("# A\n## First\n" + one + "\n", "a.md").passages;
  std::ranges::move(parse_article("# B\n## Second\n" + two + "\n", "b.md").passages, std::back_inserter(passages));
  auto const found = lint(passages, day("2026-01-15"));
  return found.empty() ? "" : found[0].reason;
}

TEST(Articles, LintKnowsNumbersInWords) {
  auto const contradicting = testing::StartsWith("contradicting");
  EXPECT_THAT(between("A paper receipt takes five working days.", "A paper receipt takes ten working days."),
              contradicting);
  EXPECT_THAT(between("It takes five working days.", "It takes ten working days."), contradicting);
  EXPECT_THAT(
      between("The exit fee is twenty-five pounds for each month.", "The exit fee is 35 pounds for each month."),
      contradicting);
  for (auto const* number : {"two hundred and five", "205"}) {
    EXPECT_THAT(between("The exit fee is 205 pounds for each month.",
                        fmt::format("The exit fee is {} pounds for each month.", number)),
                testing::StartsWith("overlapping"));
  }
}

TEST(Articles, LintHearsNoAtTheBeginning) {
  EXPECT_THAT(between("No old customers may choose the loyalty plan.", "Old customers may choose the loyalty plan."),
              testing::StartsWith("contradicting"));
  EXPECT_THAT(between("Old customers can't choose the loyalty plan.", "Old customers can choose the loyalty plan."),
              testing::StartsWith("contradicting"));
  EXPECT_THAT(between("Old customers may choose it, not.", "Old customers may choose it."),
              testing::StartsWith("contradicting"));
}

TEST(Articles, TheCaseOfAnExtensionDoesNotMatter) {
  EXPECT_EQ(problem_of("# A\nText.\n", "a.MD"), "");
  EXPECT_EQ(problem_of("<h1>A</h1><p>Text.</p>", "a.Html"), "");
}

TEST(Articles, APdfWithPageNumbersAloneIsPictures) {
  for (auto const* text : {"1\f", "- 1 -\n\f- 2 -\n\f", "Page 1 of 2\n\fPage 2 of 2\n\f", "  \n\n 17\n"})
    EXPECT_THAT(problem_of(text, "scan.pdf"), testing::HasSubstr("only pictures")) << text;
  EXPECT_EQ(problem_of("Fees\n\nThe fee is waived.\n\n1\f", "fees.pdf"), "");
}

TEST(KnowledgeBase, AStoryFindsTheArticleOfTheClauseThatHits) {
  auto passages = parse_article("# Moving\n## Fee\nThe moving fee is 25 pounds.\n", "moving.md").passages;
  std::ranges::move(
      parse_article("# Router\n## Red light\nThe router blinks red. Check the cable.\n", "router.md").passages,
      std::back_inserter(passages));
  KnowledgeBase const base(passages, std::make_shared<Vectors const>());
  std::string const story = "I came home late. The dog was out. Then my router blinks red.";
  EXPECT_EQ(KnowledgeBase::texts_to_find(story).size(), 4);
  auto const found = base.nearest(story, {}, {}, 5);
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].passage->file, "router.md");
  EXPECT_GT(found[0].score, found[1].score);
  EXPECT_LE(found[0].score, 1);
}

TEST(KnowledgeBase, AShortQuestionIsRankedAsAlways) {
  auto const passages = parse_article("# Moving\n## Fee\nThe moving fee is 25 pounds.\n", "moving.md").passages;
  KnowledgeBase const base(passages, std::make_shared<Vectors const>());
  std::string const question = "what is the moving fee?";
  EXPECT_EQ(KnowledgeBase::texts_to_find(question), std::vector{question});
  EXPECT_EQ(base.nearest(question, {}, {}, 5)[0].score, base.rank(question, {}, "*")[0].score);
}

TEST(KnowledgeBase, WhatMayNotBeReadIsNotRanked) {
  auto passages =
      parse_article("---\naudience: lead\n---\n# A\n## Goodwill\nGoodwill credit is 25 pounds.\n", "a.md").passages;
  std::ranges::move(parse_article("# B\n## Credit\nGoodwill credit needs a lead.\n", "b.md").passages,
                    std::back_inserter(passages));
  KnowledgeBase const base(passages, std::make_shared<Vectors const>());
  auto const all = base.rank("goodwill credit", {}, "*", {.team = "lead"});
  auto const few = base.rank("goodwill credit", {}, "*", {.team = "sales"});
  EXPECT_EQ(all.size(), 2);
  ASSERT_EQ(few.size(), 1);
  EXPECT_EQ(few[0].passage->file, "b.md");
}

}  // namespace
}  // namespace sotto::knowledge
