#include "knowledge/retrieval.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sotto::knowledge {
namespace {

TEST(Retrieval, WordsAreAShareOfTheQuestion) {
  WordIndex index;
  index.add(terms("the exit fee is 12 pounds"));
  index.add(terms("the router blinks red"));
  index.finish();
  std::vector<float> scores(2);
  index.score(terms("how much is the exit fee"), scores);
  EXPECT_GT(scores[0], 0.9F);
  EXPECT_EQ(scores[1], 0.0F);
  index.score(terms("zebra"), scores);
  EXPECT_EQ(scores[1], 0.0F);
}

RC_GTEST_PROP(Retrieval, BytesAreNearTheFloats, ()) {
  auto const size = static_cast<std::size_t>(*rc::gen::inRange(1, 400));
  auto const unit = [&] {
    std::vector<float> out;
    float length = 0;
    for (auto const value : *rc::gen::container<std::vector<int>>(size, rc::gen::inRange(-1000, 1000)))
      out.push_back(static_cast<float>(value) + 0.5F), length += out.back() * out.back();
    for (auto& value : out) value /= std::sqrt(length);
    return out;
  };
  auto const a = unit(), b = unit();
  float exact = 0;
  for (std::size_t i = 0; i < size; ++i) exact += a[i] * b[i];
  VectorIndex index;
  index.add(b);
  index.add(a);
  std::vector<float> near(2);
  index.scan(to_bytes(a), 0, near);
  RC_ASSERT(std::abs(near[0] - exact) < 0.02F);
  RC_ASSERT(std::abs(near[1] - 1) < 0.02F);
}

RC_GTEST_PROP(Retrieval, BestIsASortedPrefix, (std::vector<int> const& values)) {
  std::vector<float> const scores(values.begin(), values.end());
  auto const hits = best(scores, 5, -std::numeric_limits<float>::infinity());
  auto sorted = scores;
  std::ranges::sort(sorted, std::greater{});
  RC_ASSERT(hits.size() == std::min<std::size_t>(5, scores.size()));
  for (std::size_t i = 0; i < hits.size(); ++i) {
    RC_ASSERT(hits[i].score == sorted[i]);
    RC_ASSERT(scores[hits[i].document] == hits[i].score);
  }
}

}  // namespace
}  // namespace sotto::knowledge
