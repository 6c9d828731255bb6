#include "library/vector_file.h"

#include <unistd.h>

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::app {
namespace {

namespace fs = std::filesystem;

class VectorFile : public testing::Test {
 protected:
  ~VectorFile() override { fs::remove(file_); }
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (auto const& [text, vector] : read_vectors(file_)) out.push_back(text);
    return out;
  }
  fs::path const file_ = fs::temp_directory_path() / fmt::format("sotto-vectors-{}", ::getpid());
};

TEST_F(VectorFile, WhatAnotherWroteStays) {
  write_vectors(file_, {{"bank", {1, 0}}, {"both", {1, 0}}});
  write_vectors(file_, {{"airline", {0, 1}}, {"both", {0, 1}}});
  auto const kept = read_vectors(file_);
  EXPECT_THAT(kept, testing::UnorderedElementsAre(testing::Pair("bank", std::vector<float>{1, 0}),
                                                  testing::Pair("airline", std::vector<float>{0, 1}),
                                                  testing::Pair("both", std::vector<float>{0, 1})));
}

TEST_F(VectorFile, TheOldestGiveWay) {
  for (auto const* text : {"first", "second", "third"}) write_vectors(file_, {{text, {1}}}, 2);
  EXPECT_THAT(texts(), testing::UnorderedElementsAre("second", "third"));
  write_vectors(file_, {{"a", {1}}, {"b", {1}}, {"c", {1}}}, 2);
  EXPECT_THAT(texts(), testing::UnorderedElementsAre("a", "b", "c"));
}

TEST_F(VectorFile, ABrokenOneIsAsGoodAsNone) {
  write_vectors(file_, {{"bank", {1, 0}}});
  fs::resize_file(file_, fs::file_size(file_) - 1);
  EXPECT_TRUE(read_vectors(file_).empty());
  write_vectors(file_, {{"airline", {0, 1}}});
  EXPECT_THAT(texts(), testing::ElementsAre("airline"));
}

}  // namespace
}  // namespace sotto::app
