#include "orchestrator/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "support/manual_executor.h"
#include "support/scripted_shard.h"

namespace sotto::knowledge {
namespace {

class RouterAsk : public testing::Test {
 protected:
  RouterAsk() {
    auto passages = parse_article("# Moving\n## Moving fee\nThe moving fee is 25 pounds.\n", "moving.md").passages;
    std::ranges::move(
        parse_article("# Router\n## Red light\nThe router blinks red. Check the cable.\n", "router.md").passages,
        std::back_inserter(passages));
    auto vectors = std::make_shared<Vectors>();
    for (auto const& text : KnowledgeBase::texts_to_embed(passages)) (*vectors)[text] = ScriptedShard::vector_of(text);
    knowledge_ = std::make_shared<KnowledgeBase const>(passages, vectors);
  }
  orchestrator::Router::Asked ask(std::string const& question) {
    std::optional<orchestrator::Router::Asked> out;
    router_.ask(question, knowledge_, "",
                [&](Result<orchestrator::Router::Asked> asked) { out = std::move(asked.value()); });
    executor_.run_all();
    return std::move(out.value());
  }

  ManualExecutor executor_;
  SystemClock clock_;
  NoMetrics metrics_;
  ScriptedShard shard_{executor_, clock_};
  orchestrator::Router router_{shard_, clock_, metrics_};
  std::shared_ptr<KnowledgeBase const> knowledge_;
};

TEST_F(RouterAsk, AStoryListsArticlesByItsClausesAndIsAnsweredAsAWhole) {
  std::string const story = "I came home late yesterday. The neighbours were out. The router blinks red.";
  auto const asked = ask(story);
  ASSERT_EQ(asked.nearest.size(), 2);
  EXPECT_EQ(asked.nearest[0].passage->file, "router.md");
  EXPECT_EQ(asked.nearest[0].passage->sentences[asked.nearest[0].sentence].text, "The router blinks red.");
  EXPECT_EQ(asked.answer.has_value(),
            knowledge_->ask({story}, {{story, ScriptedShard::vector_of(story)}}, "*").has_value());
}

TEST_F(RouterAsk, AQuestionOfOneClauseIsRankedAsInACall) {
  std::string const question = "what is the moving fee?";
  auto const asked = ask(question);
  auto const ranked = knowledge_->rank(question, ScriptedShard::vector_of(question), "*");
  ASSERT_TRUE(asked.answer);
  EXPECT_EQ(asked.answer->source.file, "moving.md");
  EXPECT_EQ(asked.nearest[0].passage, ranked[0].passage);
  EXPECT_EQ(asked.nearest[0].score, ranked[0].score);
}

}  // namespace
}  // namespace sotto::knowledge
