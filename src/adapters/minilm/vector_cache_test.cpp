#include "adapters/minilm/vector_cache.h"

#include <gtest/gtest.h>

#include "adapters/minilm/sentence_encoder.h"

namespace sotto {
namespace {

TEST(VectorCache, ForgetsWhatWasUnusedForLongest) {
  VectorCache<TextReading> cache(2);
  cache.put("yes", {.vector = {1}, .meaning = {}, .sentiment = {}});
  cache.put("no", {.vector = {2}, .meaning = {}, .sentiment = {}});
  ASSERT_NE(cache.get("yes"), nullptr);
  cache.put("maybe", {.vector = {3}, .meaning = {}, .sentiment = {}});
  EXPECT_EQ(cache.get("no"), nullptr);
  ASSERT_NE(cache.get("yes"), nullptr);
  EXPECT_EQ(cache.get("yes")->vector, std::vector<float>{1});
  EXPECT_EQ(cache.get("maybe")->vector, std::vector<float>{3});
}

TEST(VectorCache, KnownTextIsNotStoredTwice) {
  VectorCache<TextReading> cache(2);
  cache.put("yes", {.vector = {1}, .meaning = {}, .sentiment = {}});
  cache.put("yes", {.vector = {1}, .meaning = {}, .sentiment = {}});
  cache.put("no", {.vector = {2}, .meaning = {}, .sentiment = {}});
  EXPECT_NE(cache.get("yes"), nullptr);
  EXPECT_NE(cache.get("no"), nullptr);
}

TEST(VectorCache, WhatWasReadMoreFullyReplacesWhatWasKnown) {
  VectorCache<TextReading> cache(2);
  cache.put("yes", {.vector = {1}, .meaning = {}, .sentiment = {}});
  cache.put("yes", {.vector = {1}, .meaning = {}, .sentiment = 0.5F});
  EXPECT_EQ(cache.get("yes")->sentiment, 0.5F);
}

}  // namespace
}  // namespace sotto
