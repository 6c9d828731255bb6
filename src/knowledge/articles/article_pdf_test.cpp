#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "knowledge/articles/articles.h"

namespace sotto::knowledge {
namespace {

using testing::ElementsAre;

// What pdftotext prints: each text at a place of the page (left, top), its letters `size` high, 0.55 of it wide.
class Drawn {
 public:
  Drawn& page() {
    out_ += fmt::format("1\t{}\t0\t0\t0\t0\t0\t0\t595\t842\t-1\t###PAGE###\n", ++page_);
    return *this;
  }
  Drawn& text(double left, double top, double size, std::string const& words) {
    ++line_;
    return more(left, top, size, words);
  }
  // In the same line.
  Drawn& more(double left, double top, double size, std::string const& words) {
    for (std::size_t at = 0; at < words.size();) {
      auto const end = std::min(words.find(' ', at), words.size());
      out_ += fmt::format("5\t{}\t0\t{}\t0\t0\t{:.2f}\t{:.2f}\t{:.2f}\t{:.2f}\t100\t{}\n", page_, line_, left, top,
                          0.55 * size * static_cast<double>(end - at), size, words.substr(at, end - at));
      left += 0.55 * size * static_cast<double>(end - at + 1);
      at = end + 1;
    }
    return *this;
  }
  // A word in a box of its own.
  Drawn& box(double left, double top, double width, double height, std::string const& word) {
    out_ += fmt::format("5\t{}\t0\t{}\t0\t0\t{:.2f}\t{:.2f}\t{:.2f}\t{:.2f}\t100\t{}\n", page_, ++line_, left, top,
                        width, height, word);
    return *this;
  }
  std::vector<std::string> warnings() const {
    std::vector<std::string> out;
    for (auto const& warning : parse_article(whole(), "a.pdf").warnings) out.push_back(warning.reason);
    return out;
  }
  std::vector<std::string> read() const {
    auto const parsed = parse_article(whole(), "a.pdf");
    std::vector<std::string> out;
    for (auto const& problem : parsed.problems) out.push_back("!" + problem.reason);
    for (auto const& passage : parsed.passages) {
      for (auto const& sentence : passage.sentences) out.push_back(passage.heading + " | " + sentence.text);
    }
    return out;
  }
  std::string whole() const {
    return "level\tpage_num\tpar_num\tblock_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n" + out_;
  }

 private:
  std::string out_;
  int page_ = 0, line_ = 0;
};

TEST(Pdf, ColumnsAreReadOneBehindTheOther) {
  Drawn drawn;
  drawn.page().text(60, 40, 20, "Repairs").text(60, 80, 11, "Ovens").text(320, 80, 11, "Fridges");
  drawn.text(60, 96, 11, "A new door costs 60 euros and").text(320, 96, 11, "A new door costs 90 euros,");
  drawn.text(60, 112, 11, "takes one day in the shop.").text(320, 112, 11, "and takes a week.");
  EXPECT_THAT(drawn.read(), ElementsAre("Ovens | A new door costs 60 euros and takes one day in the shop.",
                                        "Fridges | A new door costs 90 euros, and takes a week."));
}

TEST(Pdf, ATableIsRowsWithHeads) {
  Drawn drawn;
  drawn.page().text(60, 40, 20, "Tariffs").text(60, 80, 14, "Prices a month");
  drawn.text(60, 110, 11, "All prices hold from January on, and for new customers only.");
  double top = 140;
  for (auto const& [name, price] : std::vector<std::pair<std::string, std::string>>{
           {"Tariff", "Price"}, {"Small", "10 euros"}, {"Large", "30 euros"}}) {
    drawn.text(60, top, 11, name).text(220, top, 11, price);
    top += 16;
  }
  drawn.text(60, top + 20, 11, "Students pay two euros less when they show a card in the shop.");
  EXPECT_THAT(
      drawn.read(),
      ElementsAre("Prices a month | All prices hold from January on, and for new customers only.",
                  "Prices a month | Tariff: Small; Price: 10 euros", "Prices a month | Tariff: Large; Price: 30 euros",
                  "Prices a month | Students pay two euros less when they show a card in the shop."));
}

TEST(Pdf, ColumnsNeedNoCommonLines) {
  Drawn drawn;
  drawn.page().text(60, 40, 20, "Repairs").text(320, 80, 14, "Fridges").text(60, 90, 14, "Ovens");
  drawn.text(320, 110, 11, "A new door costs 90 euros,").text(60, 116, 11, "A new door costs 60 euros and");
  drawn.text(320, 124, 11, "and takes a week.").text(60, 130, 11, "takes one day in the shop.");
  drawn.text(60, 190, 14, "Where").text(60, 212, 11, "Harbour Lane 14").text(60, 226, 11, "Bristol");
  EXPECT_THAT(drawn.read(), ElementsAre("Ovens | A new door costs 60 euros and takes one day in the shop.",
                                        "Fridges | A new door costs 90 euros, and takes a week.",
                                        "Where | Harbour Lane 14", "Where | Bristol"));
}

TEST(Pdf, ATableGoesOnOverThePage) {
  Drawn drawn;
  drawn.page().text(60, 40, 20, "Parts").text(60, 80, 14, "Prices of parts");
  drawn.text(60, 110, 11, "Part").text(220, 110, 11, "Price").text(60, 126, 11, "Fan").text(220, 126, 11, "9 euros");
  drawn.text(60, 142, 11, "Pump with a hose").text(220, 142, 11, "30 euros");
  drawn.page()
      .text(60, 40, 11, "Part")
      .text(220, 40, 11, "Price")
      .text(60, 56, 11, "Door")
      .text(220, 56, 11, "60 euros");
  EXPECT_THAT(drawn.read(), ElementsAre("Prices of parts | Part: Fan; Price: 9 euros",
                                        "Prices of parts | Part: Pump with a hose; Price: 30 euros",
                                        "Prices of parts | Part: Door; Price: 60 euros"));
}

TEST(Pdf, EveryShortLineIsInAPassage) {
  auto const parsed = parse_article(
      "Repairs\n\nPhones\nScreen 90 pounds\nBattery 40 pounds\nSpeaker 30 pounds\n\nWhere we are\n\nHarbour Lane "
      "14\n\nOpen "
      "from 9 to 5\n",
      "a.pdf");
  std::string all;
  for (auto const& passage : parsed.passages) {
    for (auto const& heading : passage.path) all += heading + "\n";
    all += passage.heading + "\n" + passage.text + "\n";
  }
  for (auto const* words : {"Phones", "Screen 90 pounds", "Battery 40 pounds", "Speaker 30 pounds", "Where we are",
                            "Harbour Lane 14", "Open from 9 to 5"})
    EXPECT_THAT(all, testing::HasSubstr(words));
  EXPECT_EQ(parsed.passages[0].heading, "Phones");
  EXPECT_EQ(parsed.passages[0].sentences.size(), 3);
}

TEST(Pdf, TheTitleIsTheLargestOfTheFirstLines) {
  Drawn drawn;
  drawn.page().text(60, 30, 9, "Internal use only").text(60, 60, 20, "Complaints about").text(60, 82, 20, "bills");
  drawn.text(60, 120, 11, "We answer within eight weeks, whatever it is about.");
  auto const parsed = parse_article(drawn.whole(), "a.pdf");
  ASSERT_EQ(parsed.passages.size(), 1);
  EXPECT_EQ(parsed.passages[0].title, "Complaints about bills");
  EXPECT_THAT(parsed.warnings.at(0).reason, testing::HasSubstr("above the title: \"Internal use only\""));
}

TEST(Pdf, ALineIsAsLargeAsMostOfItsLetters) {
  Drawn drawn;
  drawn.page().text(60, 40, 20, "Refunds").text(60, 80, 14, "When money comes back");
  drawn.text(60, 110, 11, "A refund takes ten working days by card, and longer by cheque.");
  drawn.text(60, 170, 11, "The fee is 25").more(138.9, 168.5, 7, "1").more(150, 170, 11, "for cards.");
  drawn.text(60, 200, 11, "We charge CO").more(133, 206, 7, "2").more(142, 200, 11, "fees on the 3");
  drawn.more(221, 198.5, 7, "rd").more(232, 200, 11, "day.");
  drawn.text(60, 230, 13, "Important:").more(140, 231, 11, "the card fee is 25 pounds.");
  EXPECT_THAT(drawn.read(),
              ElementsAre("When money comes back | A refund takes ten working days by card, and longer by cheque.",
                          "When money comes back | The fee is 25¹ for cards.",
                          "When money comes back | We charge CO₂ fees on the 3rd day.",
                          "When money comes back | Important: the card fee is 25 pounds."));
}

TEST(Pdf, AHeadingWithoutTextBelowItIsText) {
  Drawn drawn;
  drawn.page().text(60, 40, 20, "Refunds").text(60, 80, 13, "Only by post").text(60, 120, 16, "When money comes back");
  drawn.text(60, 150, 11, "A refund takes ten working days by card, and longer by cheque.");
  drawn.text(60, 190, 13, "Abroad it costs 5 pounds").text(60, 230, 16, "Cards").text(60, 250, 11, "They are free.");
  drawn.text(60, 290, 13, "Cheques cost 9 pounds");
  EXPECT_THAT(drawn.read(),
              ElementsAre("Refunds | Only by post",
                          "When money comes back | A refund takes ten working days by card, and longer by cheque.",
                          "When money comes back | Abroad it costs 5 pounds", "Cards | They are free.",
                          "Cards | Cheques cost 9 pounds"));
}

TEST(Pdf, GapsOfNoWidthDoNotMultiply) {
  Drawn drawn;
  drawn.page();
  for (int i = 0; i < 60; ++i) drawn.text(200, 40 + 16 * i, 11, "Price").text(60, 45 + 16 * i, 0, "x");
  EXPECT_FALSE(drawn.read().empty());
}

TEST(Pdf, WhatIsPrintedAcrossThePageIsLeftOutAndSaid) {
  Drawn drawn;
  drawn.page().text(60, 40, 20, "Refunds").text(60, 80, 14, "When money comes back");
  drawn.box(107, 511, 55, 30, "D").box(137, 481, 55, 30, "R").box(168, 451, 55, 30, "A").box(198, 399, 80, 51, "FT");
  drawn.text(60, 110, 11, "A refund takes ten working days by card, and longer by cheque.");
  drawn.text(60, 140, 11, "It is sent by post.").text(60, 300, 64, "SAMPLE").box(20, 200, 11, 120, "Confidential");
  EXPECT_THAT(drawn.read(),
              ElementsAre("When money comes back | A refund takes ten working days by card, and longer by cheque.",
                          "When money comes back | It is sent by post."));
  EXPECT_EQ(parse_article(drawn.whole(), "a.pdf").passages.at(0).title, "Refunds");
  EXPECT_THAT(drawn.warnings(), testing::UnorderedElementsAre(testing::HasSubstr("across the page: \"DRAFT\""),
                                                              testing::HasSubstr("across the page: \"SAMPLE\""),
                                                              testing::HasSubstr("across the page: \"Confidential\"")));
}

TEST(Pdf, SmallLinesAtTheSamePlaceOfTwoPagesAreNoText) {
  Drawn drawn;
  for (int page = 1; page < 3; ++page) {
    drawn.page().text(60, 20, 8, fmt::format("Acme - Internal - v3.{}", page)).text(60, 32, 8, "Not for customers");
    drawn.text(60, 50, 20, page == 1 ? "Moving" : "Abroad").text(60, 90, 14, "What it costs");
    drawn.text(60, 110, 11, fmt::format("We charge {} pounds for it once.", 20 + page))
        .text(60, 140, 11, "Call us first.");
    drawn.text(60, 800, 8, fmt::format("Page {} of 2", page)).more(300, 800, 8, "Printed 1 May 2026");
  }
  EXPECT_THAT(drawn.read(),
              ElementsAre("What it costs | We charge 21 pounds for it once.", "What it costs | Call us first.",
                          "What it costs | We charge 22 pounds for it once.", "What it costs | Call us first."));
  EXPECT_EQ(drawn.warnings().size(), 3);
}

TEST(Pdf, ATableWithEmptyCellsHasHeads) {
  Drawn drawn;
  drawn.page().text(60, 40, 20, "Prices").text(60, 80, 14, "Prices of repairs");
  drawn.text(60, 110, 11, "Repair").text(220, 110, 11, "In warranty").text(400, 110, 11, "Out of warranty");
  drawn.text(60, 126, 11, "Screen").text(220, 126, 11, "10.00").text(400, 126, 11, "120.00");
  drawn.text(60, 142, 11, "Board").text(400, 142, 11, "310.50");
  drawn.text(60, 158, 11, "Camera, incl.").text(220, 158, 11, "15.00").text(60, 170, 11, "its case");
  drawn.text(60, 186, 11, "Button").text(220, 186, 11, "1.00").text(400, 186, 11, "2.00");
  EXPECT_THAT(drawn.read(),
              ElementsAre("Prices of repairs | Repair: Screen; In warranty: 10.00; Out of warranty: 120.00",
                          "Prices of repairs | Repair: Board; In warranty: –; Out of warranty: 310.50",
                          "Prices of repairs | Repair: Camera, incl. its case; In warranty: 15.00; Out of warranty: –",
                          "Prices of repairs | Repair: Button; In warranty: 1.00; Out of warranty: 2.00"));
}

TEST(Pdf, LeadersAndLigaturesAreRead) {
  Drawn drawn;
  drawn.page()
      .text(60, 40, 20, "Fees")
      .text(60, 80, 11,
            "The of\xef\xac\x81"
            "ce fee is due on the \xef\xac\x81rst day of each month.");
  drawn.text(60, 110, 11, "Letter............ 3 euros");
  EXPECT_THAT(drawn.read(),
              ElementsAre("Fees | The office fee is due on the first day of each month.", "Fees | Letter: 3 euros"));
}

}  // namespace
}  // namespace sotto::knowledge
