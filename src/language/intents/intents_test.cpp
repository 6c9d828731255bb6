#include "language/intents/intents.h"

#include <cmath>

#include <gtest/gtest.h>

#include "language/intents/intent_trainer.h"

namespace sotto::language {
namespace {

// A vector that says which of eight themes a text is about, with a little of its own.
std::vector<float> themed(std::size_t theme, std::string const& text) {
  std::vector<float> vector(16, 0.05F);
  vector[theme] = 1;
  vector[8 + text.size() % 8] += 0.2F;
  float square = 0;
  for (float const v : vector) square += v * v;
  for (float& v : vector) v /= std::sqrt(square);
  return vector;
}

std::vector<Example> examples() {
  std::vector<Example> out;
  auto const add = [&](std::size_t theme, std::string name, std::vector<std::string> texts) {
    for (auto const& text : texts) {
      Example example{.text = text, .intents = {}, .vector = themed(theme, text)};
      if (!name.empty()) example.intents.push_back(name);
      out.push_back(std::move(example));
    }
  };
  add(0, "cancel",
      {"cancel my contract", "I want to cancel", "please cancel it", "end the contract", "stop my plan",
       "cancel the whole thing", "I am cancelling today", "how do I cancel"});
  add(1, "bill",
      {"my bill is too high", "why is the bill so high", "explain the bill", "a charge on my bill", "the bill is wrong",
       "check my last bill", "this month's bill", "billing question"});
  add(2, "router",
      {"the router blinks red", "router has no light", "the router is dead", "internet is down", "restart the router",
       "no internet since noon", "router keeps dropping", "wifi is slow"});
  add(5, "",
      {"nice weather today", "my dog is barking", "how are you", "what a match last night", "one moment please",
       "my name is anna", "good morning", "the kids are at school"});
  return out;
}

TEST(Intents, NamesWhatWasMeantAndRefusesWhatWasNot) {
  auto const trained = train_intents(examples(), {});
  ASSERT_TRUE(trained) << trained.error().message;
  auto const& model = trained->model;
  auto const judged = model.judge("could you cancel my plan", themed(0, "could you cancel my plan"));
  EXPECT_EQ(judged.intents.front().name, "cancel");
  EXPECT_GE(judged.in_scope, kInScope);
  EXPECT_LT(model.judge("it rains a lot", themed(5, "it rains a lot")).in_scope, kInScope);
  EXPECT_GT(trained->report.accuracy, 0.9);
  EXPECT_EQ(trained->report.out_of_scope, 8U);
}

TEST(Intents, TheSameSeedGivesTheSameFile) {
  auto const one = train_intents(examples(), {.seed = 7}), other = train_intents(examples(), {.seed = 7});
  EXPECT_EQ(one->model.write(), other->model.write());
}

TEST(Intents, AModelSurvivesItsFileAndABrokenFileIsRefused) {
  auto const trained = train_intents(examples(), {});
  auto const bytes = trained->model.write();
  auto const again = IntentModel::read(bytes);
  ASSERT_TRUE(again);
  auto const vector = themed(1, "x");
  EXPECT_EQ(again->judge("the bill", vector).intents.front().name, "bill");
  EXPECT_DOUBLE_EQ(again->judge("the bill", vector).in_scope, trained->model.judge("the bill", vector).in_scope);
  for (std::size_t length : {std::size_t{0}, std::size_t{10}, bytes.size() / 2, bytes.size() - 1})
    EXPECT_FALSE(IntentModel::read(std::string_view(bytes).substr(0, length))) << length;
}

TEST(Intents, SeveralAtOnceAreJudgedEachByItself) {
  auto all = examples();
  for (auto const* text : {"cancel, the bill is too high", "I cancel because of the bill", "bill too high so cancel it",
                           "cancel my contract, the bill is wrong"}) {
    auto vector = themed(0, text);
    vector[1] = vector[0];
    all.push_back({.text = text, .intents = {"cancel", "bill"}, .vector = std::move(vector)});
  }
  auto const trained = train_intents(all, {});
  ASSERT_TRUE(trained);
  EXPECT_TRUE(trained->model.several());
  EXPECT_FALSE(trained->model.judge("cancel"));  // n-grams alone never decide here
}

TEST(Intents, TheTurnBeforeDecidesWhatAnAnswerWants) {
  std::vector<Example> all;
  for (auto const* text : {"yes", "yes please", "oh yes", "yes do that", "sure", "go on", "fine by me", "of course"}) {
    all.push_back({.text = text, .intents = {"block"}, .vector = themed(0, "a"), .before = {"shall I block the card"}});
    all.push_back(
        {.text = text, .intents = {"close"}, .vector = themed(0, "a"), .before = {"should I close the account"}});
  }
  auto const trained = train_intents(all, {});
  ASSERT_TRUE(trained) << trained.error().message;
  auto const model = IntentModel::read(trained->model.write()).value();
  EXPECT_EQ(model.turns_before(), 1U);
  auto const wants = [&](std::string const& before) {
    std::vector<std::string> const turns{before, "good morning"};  // the older one is not looked at
    return model.judge("yes", themed(0, "a"), turns).intents.front().name;
  };
  EXPECT_EQ(wants("shall I block your card then"), "block");
  EXPECT_EQ(wants("should I close your account"), "close");
}

TEST(Intents, AnIntentWithOneExampleIsNamed) {
  auto all = examples();
  all.push_back({.text = "move house", .intents = {"move"}, .vector = themed(3, "move house")});
  auto const trained = train_intents(all, {});
  ASSERT_FALSE(trained);
  EXPECT_NE(trained.error().message.find("move"), std::string::npos);
}

}  // namespace
}  // namespace sotto::language
