#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "knowledge/articles/articles.h"
#include "knowledge/articles/html_limits.h"

namespace sotto::knowledge {
namespace {

// Sentences of all passages, each behind its heading.
std::vector<std::string> read(std::string_view text, std::string const& file) {
  auto const parsed = parse_article(text, file);
  std::vector<std::string> out;
  for (auto const& problem : parsed.problems) out.push_back(fmt::format("!{}: {}", problem.line, problem.reason));
  for (auto const& passage : parsed.passages) {
    for (auto const& sentence : passage.sentences) out.push_back(passage.heading + " | " + sentence.text);
  }
  return out;
}
std::vector<std::string> warnings(std::string_view text, std::string const& file) {
  std::vector<std::string> out;
  for (auto const& warning : parse_article(text, file).warnings) out.push_back(warning.reason);
  return out;
}
std::vector<std::string> page(std::string const& body) { return read("<h1>T</h1><h2>H</h2>" + body, "a.html"); }
using testing::ElementsAre;

TEST(Html, ARowIsOneUnitWithTheHeadsOfItsColumns) {
  EXPECT_THAT(page("<table><thead><tr><th>Plan<th>Price</thead><tr><td><p>Basic</p><td><p>20 pounds</p><p>18 with a "
                   "card. Ask for it.</p></table>"),
              ElementsAre("H | Plan: Basic; Price: 20 pounds, 18 with a card. Ask for it."));
  EXPECT_THAT(
      page("<table><tr><th rowspan=2>Plan<th colspan=2>Price<tr><th>Card<th>Cash<tr><td rowspan=2>Basic<td>1<td>"
           "2<tr><td>3<td></table>"),
      ElementsAre("H | Plan: Basic; Price Card: 1; Price Cash: 2", "H | Plan: Basic; Price Card: 3; Price Cash: –"));
  EXPECT_THAT(page("<table><tr><td><b>Plan</b><td><b>Price</b><tr><td colspan=2>Old ones<tr><td>Basic<td>20</table>"),
              ElementsAre("H | Old ones; Plan: Basic; Price: 20"));
  EXPECT_THAT(
      page("<table><tr><th>Plan<th>Year 1<th>Year 2<tr><td>Plus<td colspan=2>30<tr><td>Max<td rowspan=2>40<td>15"
           "<tr><td>Ultra<td>16<tr><td colspan=3>With VAT</table>"),
      ElementsAre("H | Plan: Plus; Year 1: 30; Year 2: 30", "H | Plan: Max; Year 1: 40; Year 2: 15",
                  "H | Plan: Ultra; Year 1: 40; Year 2: 16", "H | With VAT"));
  EXPECT_THAT(page("<table><thead><tr><td><th>Standard<th>Express</thead><tfoot><tr><td colspan=3>Plus VAT</tfoot><tr>"
                   "<th>UK<td>3<td>9<tr><th>EU<td>7<td>&ndash;</table>"),
              ElementsAre("H | UK; Standard: 3; Express: 9", "H | EU; Standard: 7; Express: –", "H | Plus VAT"));
  EXPECT_THAT(page("<table><tr><td>Plan<td>Price<tr><td>Basic<td>20<tr><td>Fibre<td>30</table>"),
              ElementsAre("H | Plan: Basic; Price: 20", "H | Plan: Fibre; Price: 30"));
  EXPECT_THAT(page("<table><tr><td>Router X<td>60 pounds<tr><td>Box<td><img alt='included'></table>"),
              ElementsAre("H | Router X, 60 pounds", "H | Box, included"));
  EXPECT_THAT(page("<table><tr><td><h2>Fees</h2><p>Five pounds.</p><td><p>Aside.</p></table>"),
              ElementsAre("Fees | Five pounds.", "Fees | Aside."));
}

TEST(Html, LinesAndTermsStandApart) {
  EXPECT_THAT(page("Park behind.<br>The first hour<br>is free.<br/>Monday 9 to 5"),
              ElementsAre("H | Park behind.", "H | The first hour is free.", "H | Monday 9 to 5"));
  EXPECT_THAT(page("<dl><dt>Fee:<dd>5 pounds<dt>Due<dd>monthly</dl>"),
              ElementsAre("H | Fee: 5 pounds", "H | Due: monthly"));
  EXPECT_THAT(page("<details><summary>Red</summary>Restart it.</details>Blue waits."),
              ElementsAre("Red | Restart it.", "H | Blue waits."));
  EXPECT_THAT(page("5&nbsp;&pound; &#8211; 6&euro;&hellip; caf&eacute;"), ElementsAre("H | 5 £ – 6€… café"));
}

TEST(Html, RaisedAndLoweredTextJoinsNoNumber) {
  EXPECT_THAT(page("It costs &pound;25<sup>1</sup> or 30<sup>*</sup> on the 3<sup>rd</sup> day. 20 m<sup>2</sup>, "
                   "CO<sub>2</sub>, 9<sup>new price</sup>, 4<span style='vertical-align: super'>2</span>."),
              ElementsAre("H | It costs £25¹ or 30* on the 3rd day.", "H | 20 m², CO₂, 9 new price, 4²."));
  EXPECT_THAT(page("<table><tr><th>Part<th>Price<tr><td>R5<sup>1</sup><td>25<sup>2</sup></table><h3>Fee is "
                   "20<sup>3</sup></h3>X."),
              ElementsAre("H | Part: R5¹; Price: 25²", "Fee is 20³ | X."));
  EXPECT_THAT(read("# T\nThe fee is £25<sup>1</sup>.\n\n<sup>1</sup> with VAT\n", "a.md"),
              ElementsAre("T | The fee is £25¹.", "T | ¹ with VAT"));
  auto const parsed = parse_article("# T\n| Part | Price |\n|---|---|\n| R5<sup>1</sup> | 25 |\n", "a.md");
  EXPECT_EQ(parsed.passages.at(0).sentences.at(0).key, "R5");
}

TEST(Html, StruckAndHiddenTextIsNone) {
  EXPECT_THAT(
      page("It costs <s>20</s><del>21</del><strike>22</strike><span style='text-decoration: line-through'>23</span>"
           "<span style='display:none'>24</span><span hidden>25</span> 26 pounds."),
      ElementsAre("H | It costs 26 pounds."));
  EXPECT_THAT(read("<style>.c1{color:red}.c5,.c6{text-decoration:line-through}</style><h1>T</h1><p>It costs <span "
                   "class='c1 c6'>20</span> <span class=c1>30</span>.",
                   "a.html"),
              ElementsAre("T | It costs 30."));
  EXPECT_THAT(read("# T\nIt costs ~~20~~ <s>21</s> 22 pounds.\n", "a.md"), ElementsAre("T | It costs 22 pounds."));
  EXPECT_THAT(warnings("# T\nIt costs ~~20~~ 22 pounds.\n", "a.md"), ElementsAre("left out, struck out: \"20\""));
}

TEST(Html, WhatSurroundsAnArticleIsLeftOutAndSaid) {
  auto const* const text =
      "<title>Help - Fees</title><body><header role=banner><a href=/>Shop</a> Help</header>"
      "<nav><a href=/>Home</a></nav><main><ol><li><a href=/>Home</a><li><a href=/f>Fees</a></ol>"
      "<article><header><h1>Late fees</h1><span>Ada Sample</span> <time>3 March</time></header>"
      "<ul><li><a href='#a'>How much</a></ul><h2 id=a>How much</h2><p>It costs 5 pounds. Call <a href='tel:1'>0800 "
      "1</a>.</p>"
      "<aside>Only once a year.</aside><footer>Was this helpful? Yes No</footer></article>"
      "<section><h3>Related articles</h3><ul><li><a href=/b>Bills</a><li><a href=/c>Cards</a></ul></section></main>"
      "<div role=contentinfo>Made with Wiki 9</div>";
  EXPECT_THAT(read(text, "a.html"),
              ElementsAre("How much | It costs 5 pounds.", "How much | Call 0800 1.", "How much | Only once a year."));
  EXPECT_EQ(parse_article(text, "a.html").passages[0].title, "Late fees");
  EXPECT_THAT(warnings(text, "a.html"),
              testing::IsSupersetOf({testing::HasSubstr("a header: \"Ada Sample 3 March\""),
                                     testing::HasSubstr("a table of contents: \"How much\""),
                                     testing::HasSubstr("a footer: \"Was this helpful? Yes No\"")}));
  EXPECT_THAT(
      read("<body><form id=aspnetForm><div id=menu><a href=a>A</a> <a href=b>B</a></div><h1>T</h1><p>Created by Ada, "
           "3 March 2026</p><h2>H</h2><p>Text of it.</p></form>",
           "a.html"),
      ElementsAre("H | Text of it."));
}

TEST(Html, InMarkdownIsReadAsItsPageShowsIt) {
  EXPECT_THAT(
      read("# T\n\n## H\n<div class=note>The warranty lasts\n24 months.</div>\n\n| A | B |\n|---|---|\n| x | 9 to "
           "12<br>14 to 18 |\n\n- [ ] one\n",
           "a.md"),
      ElementsAre("H | The warranty lasts 24 months.", "H | A: x; B: 9 to 12, 14 to 18", "H | [ ] one"));
  EXPECT_THAT(read("# T\n\nA | B\n-|:-:\n1 | 2\n", "a.md"), ElementsAre("T | A: 1; B: 2"));
  EXPECT_THAT(read("# T\n\nWrite to <name> at once.\n", "a.md"), ElementsAre("T | Write to <name> at once."));
  EXPECT_THAT(read("# T\n\nUse the <title> field.\n", "a.md"), ElementsAre("T | Use the <title> field."));
  EXPECT_THAT(read("# T\n\nOne.\n\n<!-- not closed\n\nTwo.\n", "a.md"),
              ElementsAre(testing::StartsWith("!5: a comment")));
  auto const parsed = parse_article(
      "\n\n# T\n\n<p>One\n</p>\n\n> ## Here\n> Two.\n\n| A | B |\n|---|---|\n\n## There\nX.\n# U\n", "a.md");
  ASSERT_EQ(parsed.passages.size(), 3);
  EXPECT_EQ(parsed.passages[1].line, 8);
  EXPECT_EQ(parsed.passages[2].line, 14);
  EXPECT_EQ(parsed.problems[0].line, 16);
}

TEST(Html, TimeAndMemoryStayLinear) {
  auto const line_of = [](std::string const& html) {
    auto const found = too_much_html(html);
    return found ? found->line : 0;
  };
  std::string cells = "<h1>A</h1><svg>", attributes = "<p", marks, spans;
  for (int i = 0; i < 60'000; ++i)
    cells += "<td>", attributes += fmt::format(" a{}=1", i), spans += "<span><div></span>";
  for (int i = 0; i < 200; ++i) marks += fmt::format("<b id=x{}>", i);
  for (int i = 0; i < 20'000; ++i) marks += "<p>x</p>";
  for (auto const& html : {cells, attributes + ">", marks, spans}) {
    EXPECT_EQ(line_of(html), 1);
    EXPECT_FALSE(parse_article("<h1>A</h1>" + html, "a.html").problems.empty());
  }
  std::string lines = "<h1>A</h1><p>";
  for (int i = 0; i < 60'000; ++i) lines += "Aa.<br>";
  EXPECT_THAT(parse_article(lines, "a.html").problems.at(0).reason, testing::StartsWith("60000 sentences"));
  std::string good = "<h1>A</h1>";
  for (int i = 0; i < 5000; ++i) good += "<div><p>One<br><b>two</b><ul><li>x<li>y</ul><img src=a><option>z</div></p>\n";
  EXPECT_EQ(line_of(good), 0);
}

TEST(Markdown, NumbersOfListsAreKeptWhereTheyAreNotTheirOrder) {
  EXPECT_THAT(read("# T\n\n25. December is a holiday.\n27. **December** too.\n\nThen:\n\n1. January\n", "a.md"),
              ElementsAre("T | 25. December is a holiday.", "T | 27. December too.", "T | Then:", "T | 1. January"));
  EXPECT_THAT(
      read("# T\n\n1. Open it.\n2. Wait.\n\nX\n\n1. A.\n1. B.\n\nX\n\n3. Go on.\n4. End.\n", "a.md"),
      ElementsAre("T | Open it.", "T | Wait.", "T | X", "T | A.", "T | B.", "T | X", "T | 3. Go on.", "T | 4. End."));
  EXPECT_THAT(page("<ol start=3><li><p>Go on.</p><p>More.</p><li>End.</ol>"),
              ElementsAre("H | 3. Go on.", "H | More.", "H | 4. End."));
}

TEST(Markdown, WhatIsNoTagIsText) {
  EXPECT_THAT(
      read("# T\n\nIf a<b and the price c>d, or x <u or more than 5> we pay <b>now</b>. Write <b hidden>x</b>.\n",
           "a.md"),
      ElementsAre("T | If a<b and the price c>d, or x <u or more than 5> we pay now.", "T | Write ."));
  EXPECT_THAT(read("# T\n| A | B |\n|---|---|\n| <name> | 2 |\n", "a.md"), ElementsAre("T | A: <name>; B: 2"));
}

TEST(Markdown, WhatTablesAndCodeWouldSwallowIsSaid) {
  auto const* const table = "# T\n| Part | Price |\n|---|---|\n| Router | 20 pounds | plus 5 post |\n| Mesh | 30 |\n";
  EXPECT_THAT(read(table, "a.md"),
              ElementsAre("T | Part: Router; Price: 20 pounds, plus 5 post", "T | Part: Mesh; Price: 30"));
  EXPECT_THAT(warnings(table, "a.md"), ElementsAre(testing::HasSubstr("3 cells under 2 heads")));
  EXPECT_THAT(warnings("# T\n\n| Router | 20 |\n| Mesh | 30 |\n", "a.md"),
              ElementsAre(testing::HasSubstr("without a line")));
  EXPECT_THAT(warnings("# T\nX.\n\n```\ncode\n\n## More\n\nY.\n", "a.md"),
              ElementsAre(testing::HasSubstr("does not end: 1 headings")));
  EXPECT_THAT(warnings("# T\nX.\n\n```\n## code\n```\n", "a.md"), testing::IsEmpty());
}

TEST(Markdown, AConflictOfGitIsRefused) {
  for (auto const* file : {"a.md", "a.html"})
    EXPECT_THAT(read("<h1>T</h1>\n\n<<<<<<< HEAD\nNine.\n=======\nEight.\n>>>>>>> branch\n", file),
                testing::Contains(testing::StartsWith("!3: a conflict of git")));
}

TEST(Slugs, AreThoseOfRenderers) {
  auto const passages =
      parse_article("# Plans\nOne.\n## Fee & costs (2026)\nTwo.\n## Café\nThree.\n## Café\nFour.\n", "plans.md")
          .passages;
  EXPECT_TRUE(refers_to("plans.md#plans", passages[0]));
  EXPECT_TRUE(refers_to("plans.md#fee--costs-2026", passages[1]));
  EXPECT_TRUE(refers_to("plans.md#FEE & costs (2026)", passages[1]));
  EXPECT_TRUE(refers_to("plans.md#café", passages[2]));
  EXPECT_TRUE(refers_to("plans.md#café-1", passages[3]));
  EXPECT_FALSE(refers_to("plans.md#café-1", passages[2]));
  EXPECT_TRUE(refers_to("plans.md", passages[3]));
  EXPECT_FALSE(refers_to("other.md#plans", passages[0]));
}

TEST(FrontMatter, IsReadAsYaml) {
  auto const until = [](std::string const& above) {
    auto const parsed = parse_article(above + "# T\nText.\n", "a.md");
    if (!parsed.problems.empty()) return fmt::format("{}: {}", parsed.problems[0].line, parsed.problems[0].reason);
    auto const& passage = parsed.passages[0];
    return (passage.valid_until ? to_text(*passage.valid_until) : "") + " " +
           fmt::format("{}", fmt::join(passage.audience, "+"));
  };
  EXPECT_EQ(
      until("\xef\xbb\xbf---\r\nvalid_until: '2026-03-31'  # spring\r\naudience: [\"billing\", returns]\r\n---\r\n"),
      "2026-03-31 billing+returns");
  EXPECT_EQ(until("\n\n---\naudience:\n  - billing\n  - returns\nvalid_until: 2026-03-31\n...\n"),
            "2026-03-31 billing+returns");
  EXPECT_THAT(until("---\nvalid_until: 2026-03-31\nvalid_until: 2026-04-30\n---\n"), testing::StartsWith("3: "));
  EXPECT_THAT(until("---\nvalid_until: {\n---\n"), testing::MatchesRegex("[0-9]+: .*"));
  EXPECT_THAT(until("---\nvalid_until:\n---\n"), testing::StartsWith("2: valid_until is \"\""));
  EXPECT_THAT(until("---\n\xc2\xa0valid_until: 2026-03-31\n---\n"), testing::StartsWith("2: begins with a space"));
  EXPECT_THAT(until("+++\nvalid_until = 2026-03-31\n+++\n"), testing::StartsWith("1: front matter"));
  EXPECT_THAT(until("valid_until: 2026-03-31\n\n"), testing::StartsWith("1: \"valid_until\" stands outside"));
  EXPECT_THAT(until("\xe2\x80\x94\nvalid_until: 2026-03-31\n\xe2\x80\x94\n"), testing::StartsWith("2: "));
  EXPECT_EQ(until(""), " ");
  for (auto const* name : {"Valid_Until", "valid-until", "valid until", "validUntil"})
    EXPECT_EQ(until(fmt::format("---\n{}: 2026-03-31\n---\n", name)), "2026-03-31 ");
  EXPECT_EQ(until("{\n \"valid_until\": \"2026-03-31\",\n \"audience\": [\"billing\"]\n}\n\n"), "2026-03-31 billing");
  EXPECT_EQ(until(";;;\n{ \"valid_until\": \"2026-03-31\" }\n;;;\n"), "2026-03-31 ");
  EXPECT_THAT(until("{ \"valid_until\": \"2026-03-31\"\n"),
              testing::StartsWith("1: the entries at the top do not end"));
  EXPECT_THAT(until("#+TITLE: T\n#+VALID_UNTIL: 2026-03-31\n"), testing::StartsWith("2: \"valid_until\" stands"));
  EXPECT_THAT(until("#+AUDIENCE: billing\n"), testing::StartsWith("1: \"audience\" stands"));
}

TEST(FrontMatter, BelowTheTitleIsRefusedWithItsLine) {
  auto const refused = [](std::string const& text, std::string const& file) {
    auto const parsed = parse_article(text, file);
    return parsed.problems.empty() ? "" : fmt::format("{}: {}", parsed.problems[0].line, parsed.problems[0].reason);
  };
  EXPECT_THAT(refused("# T\nText.\n\n---\naudience: billing\n---\n\n## H\nMore.\n", "a.md"),
              testing::StartsWith("5: \"audience\" stands outside"));
  EXPECT_THAT(refused("# T\nText.\n\n**valid_until**: 2026-03-31\n", "a.md"), testing::StartsWith("4: "));
  EXPECT_THAT(refused("<h1>T</h1>\n<!-- valid_until: 2026-03-31 --><p>Text.</p>", "a.html"),
              testing::StartsWith("2: "));
  EXPECT_EQ(refused("# T\nThe offer is valid until: the end of May.\n\n---\nNote: more.\n", "a.md"), "");
  EXPECT_EQ(refused("# T\nText.\n```\nvalid_until: 2026-03-31\n```\n", "a.md"), "");
}

TEST(FrontMatter, OfAPageIsReadInAnySpelling) {
  auto const until = [](std::string const& text) {
    auto const parsed = parse_article(text, "a.html");
    if (!parsed.problems.empty()) return fmt::format("{}: {}", parsed.problems[0].line, parsed.problems[0].reason);
    auto const& passage = parsed.passages.at(0);
    return passage.title + " " + (passage.valid_until ? to_text(*passage.valid_until) : "");
  };
  EXPECT_EQ(until("---\nvalid_until: 2026-03-31\n---\n<h1>T</h1><p>Text.</p>"), "T 2026-03-31");
  for (auto const* name : {"name=Valid_Until", "name=valid-until", "property='valid_until'", "itemprop=validUntil"})
    EXPECT_EQ(until(fmt::format("<meta {} content='2026-03-31'><h1>T</h1><p>Text.</p>", name)), "T 2026-03-31") << name;
  EXPECT_THAT(until("<meta name=valid_untill content='2026-03-31'><h1>T</h1><p>Text.</p>"),
              testing::StartsWith("1: unknown entry \"valid_untill\""));
}

}  // namespace
}  // namespace sotto::knowledge
