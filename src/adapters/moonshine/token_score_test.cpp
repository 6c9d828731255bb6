#include "adapters/moonshine/token_score.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(TokenScore, IsTheSoftmaxOverAllLogits) {
  std::mt19937 random(3);
  std::normal_distribution<float> spread(0, 4);
  std::vector<float> logits(1003);  // not a number of whole lanes
  for (auto& logit : logits) logit = spread(random);
  for (std::size_t const token : {0u, 500u, 1002u}) {
    double sum = 0, entropy = 0;
    for (auto const logit : logits) sum += std::exp(static_cast<double>(logit));
    for (auto const logit : logits) {
      auto const p = std::exp(static_cast<double>(logit)) / sum;
      entropy -= p * std::log(p);
    }
    auto const score = score_of(logits, token);
    EXPECT_NEAR(score.log_probability, logits[token] - std::log(sum), 1e-4) << token;
    EXPECT_NEAR(score.entropy, entropy, 1e-4) << token;
  }
}

TEST(TokenScore, OneThatStandsOutIsCertain) {
  std::vector<float> logits(32'768, -30.0f);
  logits[7] = 60;
  EXPECT_NEAR(score_of(logits, 7).log_probability, 0, 1e-5);
  EXPECT_NEAR(score_of(logits, 7).entropy, 0, 1e-4);
  EXPECT_LT(score_of(logits, 8).log_probability, -80);
}

}  // namespace
}  // namespace sotto
