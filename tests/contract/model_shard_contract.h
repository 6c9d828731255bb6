// What every ModelShard promises (ports/model_shard.h). An adapter passes it by naming a fixture:
//   struct Fixture { ModelShard& shard(); ManualExecutor& executor(); Clock const& clock(); };
#pragma once

#include <cmath>
#include <optional>

#include <gtest/gtest.h>

#include "ports/model_shard.h"
#include "support/manual_executor.h"

namespace sotto {

template <typename Fixture>
class ModelShardContract : public testing::Test {
 protected:
  ModelRequest request(std::vector<std::string> texts) {
    ModelRequest out{.model = "sentence-encoder", .deadline = fixture.clock().now() + 60s};
    for (auto& text : texts) out.texts.push_back({std::move(text)});
    return out;
  }

  Result<ModelResponse> infer(ModelRequest request) {
    std::optional<Result<ModelResponse>> answer;
    int answers = 0;
    fixture.shard().infer(std::move(request), [&](Result<ModelResponse> result) {
      answer = std::move(result);
      ++answers;
    });
    EXPECT_FALSE(answer.has_value()) << "answered inside infer()";
    EXPECT_TRUE(fixture.executor().run_until([&] { return answer.has_value(); }));
    fixture.executor().run_all();
    EXPECT_EQ(answers, 1);
    return answer.value_or(fail("no_answer", ""));
  }

  static double product(std::vector<float> const& one, std::vector<float> const& other) {
    double sum = 0;
    for (std::size_t at = 0; at < one.size(); ++at) sum += one[at] * other[at];
    return sum;
  }

  Fixture fixture;
};

TYPED_TEST_SUITE_P(ModelShardContract);

TYPED_TEST_P(ModelShardContract, OneUnitVectorPerTextInOrder) {
  auto const both = this->infer(this->request({"I want to cancel my contract", "yes"}));
  auto const alone = this->infer(this->request({"yes"}));
  ASSERT_TRUE(both.has_value() && alone.has_value());
  ASSERT_EQ(both->texts.size(), 2u);
  ASSERT_EQ(alone->texts.size(), 1u);
  for (auto const& text : both->texts) EXPECT_NEAR(this->product(text.vector, text.vector), 1, 1e-4);
  EXPECT_EQ(both->texts[1].vector, alone->texts[0].vector);
  EXPECT_FALSE(both->model_version.empty());
}

TYPED_TEST_P(ModelShardContract, NearTextsHaveNearVectors) {
  auto const answer = this->infer(
      this->request({"I want to cancel my contract", "I would like to cancel the contract", "the router blinks red"}));
  ASSERT_TRUE(answer.has_value());
  auto const& read = answer->texts;
  EXPECT_GT(this->product(read[0].vector, read[1].vector), this->product(read[0].vector, read[2].vector) + 0.2);
}

TYPED_TEST_P(ModelShardContract, SameTextSameVector) {
  auto const first = this->infer(this->request({"please hold the line"}));
  auto const again = this->infer(this->request({"please hold the line"}));
  ASSERT_TRUE(first.has_value() && again.has_value());
  EXPECT_EQ(first->texts[0].vector, again->texts[0].vector);
}

TYPED_TEST_P(ModelShardContract, EmptyTextHasAVectorToo) {
  auto const answer = this->infer(this->request({""}));
  ASSERT_TRUE(answer.has_value());
  EXPECT_NEAR(this->product(answer->texts[0].vector, answer->texts[0].vector), 1, 1e-4);
}

TYPED_TEST_P(ModelShardContract, UnknownModelIsNamed) {
  auto request = this->request({"yes"});
  request.model = "fortune-teller";
  auto const answer = this->infer(std::move(request));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, "unknown_model");
  EXPECT_NE(answer.error().message.find("fortune-teller"), std::string::npos);
}

TYPED_TEST_P(ModelShardContract, PastDeadlineIsRefused) {
  auto request = this->request({"a text that nobody has asked for before"});
  request.deadline = this->fixture.clock().now() - 1s;
  auto const answer = this->infer(std::move(request));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, "deadline");
}

TYPED_TEST_P(ModelShardContract, EveryRequestIsAnsweredOnceEvenWhenTooMany) {
  constexpr int count = 2000;
  std::vector<int> answers(count);
  int total = 0;
  for (int index = 0; index < count; ++index) {
    this->fixture.shard().infer(this->request({"text number " + std::to_string(index % 7)}), [&, index](auto result) {
      if (!result) EXPECT_EQ(result.error().code, "queue_full");
      ++answers[index];
      ++total;
    });
  }
  EXPECT_EQ(total, 0);
  EXPECT_TRUE(this->fixture.executor().run_until([&] { return total >= count; }));
  this->fixture.executor().run_all();
  for (auto const each : answers) EXPECT_EQ(each, 1);
}

TYPED_TEST_P(ModelShardContract, OfEachTextComesWhatIsWantedOfIt) {
  std::string const cancel = "I want to cancel my contract";
  auto request = this->request({cancel, "yes"});
  request.texts[0].wanted = {.vector = false, .meaning = true};
  auto const some = this->infer(request);
  ASSERT_TRUE(some.has_value());
  EXPECT_TRUE(some->texts[0].vector.empty());
  EXPECT_NEAR(this->product(some->texts[0].meaning, some->texts[0].meaning), 1, 1e-4);
  EXPECT_TRUE(some->texts[1].meaning.empty());
  request.texts[0].wanted.vector = request.texts[1].wanted.meaning = true;  // of texts of which a part is known
  auto const all = this->infer(request);
  EXPECT_EQ(all->texts[0].vector, this->infer(this->request({cancel}))->texts[0].vector);
  EXPECT_EQ(all->texts[0].meaning, some->texts[0].meaning);
  EXPECT_EQ(all->texts[1].vector, some->texts[1].vector);
  EXPECT_FALSE(all->texts[1].meaning.empty());
}

REGISTER_TYPED_TEST_SUITE_P(ModelShardContract, OfEachTextComesWhatIsWantedOfIt, OneUnitVectorPerTextInOrder,
                            NearTextsHaveNearVectors, SameTextSameVector, EmptyTextHasAVectorToo, UnknownModelIsNamed,
                            PastDeadlineIsRefused, EveryRequestIsAnsweredOnceEvenWhenTooMany);

}  // namespace sotto
