#include "knowledge/articles/article_json.h"

#include <gtest/gtest.h>

namespace sotto::knowledge {

TEST(ArticleJson, AnArticleComesBackAsItWas) {
  auto const article = parse_markdown(
      "---\nvalid_from: 2026-01-01\nvalid_until: 2026-12-31\naudience: [billing, sales]\n---\n# Prices\n\n## Mobile\n\n"
      "It costs 5 pounds. It is quick.\n\n- first\n- second\n\n### Add-ons\n\n| part | price |\n|--|--|\n| A-1 | 12 |\n"
      "| A-2 | 14 |\n",
      "prices.md");
  ASSERT_TRUE(article.problems.empty());
  ASSERT_GE(article.passages.size(), 2u);
  for (auto const& passage : article.passages) {
    auto const back = passage_from_json(to_json(passage));
    EXPECT_EQ(to_json(back), to_json(passage));
    EXPECT_EQ(back.valid_from, passage.valid_from);
    EXPECT_EQ(back.valid_until, passage.valid_until);
    EXPECT_EQ(back.audience, passage.audience);
    EXPECT_EQ(back.path, passage.path);
    EXPECT_EQ(back.slug, passage.slug);
    ASSERT_EQ(back.sentences.size(), passage.sentences.size());
    for (std::size_t i = 0; i < back.sentences.size(); ++i) {
      EXPECT_EQ(back.sentences[i].text, passage.sentences[i].text);
      EXPECT_EQ(back.sentences[i].item, passage.sentences[i].item);
      EXPECT_EQ(back.sentences[i].row, passage.sentences[i].row);
      EXPECT_EQ(back.sentences[i].key, passage.sentences[i].key);
      EXPECT_EQ(back.sentences[i].cells, passage.sentences[i].cells);
      EXPECT_EQ(back.sentences[i].compared(), passage.sentences[i].compared());
    }
  }
}

}  // namespace sotto::knowledge
