#include "knowledge/table_rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "knowledge/knowledge_base.h"

namespace sotto::knowledge {
namespace {

std::string price_list() {
  std::string out = "# Parts\n\n## Prices of parts\n| Number | Part | Price |\n|---|---|---|\n";
  char const* const parts[] = {"Fan", "Filter", "Door seal", "Pump"};
  for (int i = 0; i < 12; ++i)
    out +=
        fmt::format("| KX-{:04} | {} for series {} | {} euros |\n", 310 + 13 * i, parts[i % 4], i / 4 + 2, 40 + 3 * i);
  return out;
}

class PriceList : public testing::Test {
 protected:
  KnowledgeBase::Ranked ask(std::string const& question) const { return base_.rank(question, {}, "*").front(); }
  // Of the rows that are meant.
  std::vector<std::string> keys(std::string const& question) const {
    auto const ranked = ask(question);
    std::vector<std::string> out;
    for (auto const row : ranked.rows) out.push_back(ranked.passage->sentences[row].key);
    return out;
  }
  KnowledgeBase const base_{parse_article(price_list(), "parts.md").passages, std::make_shared<Vectors const>()};
};

TEST_F(PriceList, TheRowOfTheKeyThatWasSaid) {
  for (auto const* said :
       {"what does KX-0349 cost", "kx 0349 please", "k x oh three four nine", "kilo x-ray zero three four nine",
        "how much is KX349", "the price of k x three hundred and forty nine", "part number 349"}) {
    EXPECT_THAT(keys(said), testing::ElementsAre("KX-0349")) << said;
  }
  auto const ranked = ask("what does KX-0349 cost");
  EXPECT_EQ(ranked.passage->sentences[ranked.rows[0]].text,
            "Number: KX-0349; Part: Pump for series 2; Price: 49 euros");
  EXPECT_THAT(keys("KX-0349 or KX-0362"), testing::ElementsAre("KX-0349", "KX-0362"));
}

TEST_F(PriceList, AKeyThatNoRowHasIsUnknown) {
  for (auto const* said : {"what does KX-0350 cost", "k x oh three five zero", "part number 350", "KX-03490"})
    EXPECT_TRUE(ask(said).unknown_key) << said;
  EXPECT_FALSE(ask("which pump costs 49 euros").unknown_key);
}

TEST_F(PriceList, ByWordsAllRowsThatFit) {
  EXPECT_THAT(keys("what does the pump cost"), testing::ElementsAre("KX-0349", "KX-0401", "KX-0453"));
  EXPECT_THAT(keys("the pump for series 3"), testing::ElementsAre("KX-0401"));
  EXPECT_THAT(keys("which one costs 49 euros"), testing::ElementsAre("KX-0349"));
  EXPECT_EQ(keys("what do parts cost").size(), 12);
}

TEST_F(PriceList, ManyWaysToSayLittleTakeNoTime) {
  std::string said;
  for (int i = 0; i < 400; ++i) said += "a ";
  auto passages =
      parse_article("# A\n| K | P |\n|---|---|\n| aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1 | 2 |\n", "a.md").passages;
  KnowledgeBase const base(std::move(passages), std::make_shared<Vectors const>());
  EXPECT_EQ(base.rank(said, {}, "*").size(), 1);
}

// Keys of the rows that are meant; "unknown" where a key was said that no row has.
class Rows {
 public:
  explicit Rows(std::vector<std::string> const& keys) {
    std::string article = "# Prices\n\n## What it costs\n| Key | Price |\n|---|---|\n";
    for (std::size_t i = 0; i < keys.size(); ++i) article += fmt::format("| {} | {} cents |\n", keys[i], 11 + 2 * i);
    base_.emplace(parse_article(article, "a.md").passages, std::make_shared<Vectors const>());
  }
  std::string operator()(std::string const& question) const {
    auto const ranked = base_->rank(question, {}, "*").front();
    if (ranked.unknown_key) return "unknown";
    std::vector<std::string> out;
    for (auto const row : ranked.rows) out.push_back(ranked.passage->sentences[row].key);
    return fmt::format("{}", fmt::join(out, ", "));
  }

 private:
  std::optional<KnowledgeBase> base_;
};

TEST(TableRows, ACodeIsSaidAsAWhole) {
  Rows const rows({"HX-200-B", "HX-200-D", "HX-2000-B", "XH-200-B", "HX-200", "HX-210-B", "HX/200/C"});
  EXPECT_EQ(rows("how much is HX-200-D?"), "HX-200-D");
  EXPECT_EQ(rows("how much is the HX-200?"), "HX-200");
  EXPECT_EQ(rows("h x two hundred a month"), "HX-200");
  EXPECT_EQ(rows("what is h x two hundred slash c"), "HX/200/C");
  EXPECT_EQ(rows("h x two thousand b please"), "HX-2000-B");
  EXPECT_EQ(rows("HX-200-B/XH-200-B"), "HX-200-B, XH-200-B");
  for (auto const* said : {"how much is HX-200-E?", "what does XH-200-D cost", "x h two hundred d", "hx two hundred e",
                           "hotel x-ray two hundred echo", "HX-200-B-7"})
    EXPECT_EQ(rows(said), "unknown") << said;
}

TEST(TableRows, ZerosAndSignsCountWhereTheyTell) {
  Rows const rows({"E1", "E01", "E10", "E11", "E1.1", "F1"});
  EXPECT_EQ(rows("what does E1 mean"), "E1");
  EXPECT_EQ(rows("what does E01 mean"), "E01");
  EXPECT_EQ(rows("what does E1.1 mean?"), "E1.1");
  EXPECT_EQ(rows("what does E11 mean"), "E11");
  EXPECT_EQ(rows("what does e one one mean"), "E11, E1.1");
}

TEST(TableRows, ANameIsSaidAsAWhole) {
  Rows const plans({"Flex S 5G", "Flex M 5G", "Flex S", "Flex M", "Flex Pro M"});
  EXPECT_EQ(plans("how much is Flex M?"), "Flex M");
  EXPECT_EQ(plans("how much is flex m 5g"), "Flex M 5G");
  EXPECT_EQ(plans("what does flex pro m cost"), "Flex Pro M");
  Rows const countries(
      {"South Korea", "North Korea", "Georgia", "Guinea", "Guinea-Bissau", "Ireland", "Northern Ireland"});
  EXPECT_EQ(countries("a call to South Korea"), "South Korea");
  EXPECT_EQ(countries("a call to Guinea Bissau"), "Guinea-Bissau");
  EXPECT_EQ(countries("a call to northern ireland"), "Northern Ireland");
  EXPECT_EQ(countries("a call to Ireland"), "Ireland");
  EXPECT_EQ(countries("a call to Korea"), "South Korea, North Korea");
  for (auto const* said :
       {"a call to South Africa", "a call to Mali", "what does a call to South Sudan cost", "calls to south africa"})
    EXPECT_EQ(countries(said), "unknown") << said;
}

TEST(TableRows, AnAmountIsInItsRange) {
  Rows const weights({"up to 1 kg", "1 to 5 kg", "5 - 10 kg", "10 to 31.5 kg", "over 31.5 kg"});
  EXPECT_EQ(weights("what does a parcel of 7 kg cost"), "5 - 10 kg");
  EXPECT_EQ(weights("seven kilograms"), "5 - 10 kg");
  EXPECT_EQ(weights("a parcel of 30.5kg"), "10 to 31.5 kg");
  EXPECT_EQ(weights("and 5 kg"), "1 to 5 kg, 5 - 10 kg");
  EXPECT_EQ(weights("forty kg"), "over 31.5 kg");
  Rows const days({"24 December", "25 December", "31 December", "1 January"});
  EXPECT_EQ(days("are you open on December 24?"), "24 December");
  EXPECT_EQ(days("on the 31st of December"), "31 December");
  EXPECT_EQ(days("are you open on 27 December?"), "unknown");
}

TEST(TableRows, AnAnswerSaysThatSeveralRowsFit) {
  auto passages = parse_article(price_list(), "parts.md").passages;
  auto vectors = std::make_shared<Vectors>();
  for (auto const& text : KnowledgeBase::texts_to_embed(passages)) (*vectors)[text] = {1, 0};
  KnowledgeBase const base(std::move(passages), vectors);
  auto const ask = [&](std::string const& question) { return base.ask({question}, {{question, {1, 0}}}, "*"); };
  auto const several = ask("what does the pump cost");
  ASSERT_TRUE(several);
  EXPECT_THAT(several->body, testing::StartsWith("3 rows fit; which one is meant?\n- Number: KX-0349;"));
  auto const one = ask("k x oh four oh one");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->body, "- Number: KX-0401; Part: Pump for series 3; Price: 61 euros");
  EXPECT_FALSE(ask("what does KX-0999 cost"));
}

}  // namespace
}  // namespace sotto::knowledge
