#include "library/text_diff.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace sotto::app {

namespace {

// What `patch` would make of it.
std::string applied(std::string const& was, std::string const& diff) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < was.size();) {
    auto const end = std::min(was.find('\n', at), was.size() - 1) + 1;
    lines.push_back(was.substr(at, end - at));
    at = end;
  }
  std::string out;
  std::size_t next = 0;
  for (std::size_t at = 0; at < diff.size();) {
    auto const end = diff.find('\n', at);
    auto const line = diff.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("@@")) {
      int from = 0, count = 0;
      EXPECT_EQ(std::sscanf(line.c_str(), "@@ -%d,%d", &from, &count), 2);
      auto const begin = static_cast<std::size_t>(count == 0 ? from : from - 1);
      while (next < begin) out += lines.at(next++);
    } else if (line.starts_with('\\')) {
      continue;
    } else if (line[0] == '+') {
      out += line.substr(1) + (diff.substr(at).starts_with("\\") ? "" : "\n");
    } else {
      if (line[0] == ' ') out += lines.at(next);
      EXPECT_EQ(lines.at(next).substr(0, lines[next].find('\n')), line.substr(1));
      ++next;
    }
  }
  while (next < lines.size()) out += lines[next++];
  return out;
}

}  // namespace

TEST(TextDiff, IsWhatDiffWrites) {
  EXPECT_EQ(unified_diff("a\nb\nc\n", "a\nb\nc\n"), "");
  EXPECT_EQ(unified_diff("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nX\nf\n"), "@@ -2,5 +2,5 @@\n b\n c\n d\n-e\n+X\n f\n");
  EXPECT_EQ(unified_diff("", "a\n"), "@@ -0,0 +1,1 @@\n+a\n");
  EXPECT_EQ(unified_diff("a\n", ""), "@@ -1,1 +0,0 @@\n-a\n");
  EXPECT_EQ(unified_diff("a", "a\n"), "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

TEST(TextDiff, WhatIsFarApartIsInHunksOfItsOwn) {
  std::string was, is;
  for (int i = 0; i < 40; ++i) {
    was += std::to_string(i) + "\n";
    is += i == 5 || i == 30 ? "changed\n" : std::to_string(i) + "\n";
  }
  auto const diff = unified_diff(was, is);
  EXPECT_EQ(diff.find("@@ -3,7 +3,7 @@\n"), 0u) << diff;
  EXPECT_NE(diff.find("\n@@ -28,7 +28,7 @@\n"), std::string::npos) << diff;
}

TEST(TextDiff, ItsHunksMakeTheOneOfTheOther) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    auto const text = [&] {
      std::string out;
      for (auto lines = random() % 30; lines > 0; --lines)
        out += std::string(1, static_cast<char>('a' + random() % 4)) + "\n";
      if (random() % 4 == 0 && !out.empty()) out.pop_back();
      return out;
    };
    auto const was = text(), is = text();
    EXPECT_EQ(applied(was, unified_diff(was, is)), is) << was << "---\n" << is;
  }
  std::string one, other;
  for (int i = 0; i < 3000; ++i) {
    one += "a" + std::to_string(i) + "\n";
    other += "b" + std::to_string(i) + "\n";
  }
  EXPECT_EQ(applied(one, unified_diff(one, other)), other) << "too much: all of it";
}

}  // namespace sotto::app
