// Golden calls: each *.call file of this folder is played and must come to what it expects (README.md says how the
// files are written). SOTTO_GOLDEN_WRITE=1 writes the expected parts anew, for `git diff` to be read.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "golden/golden_call.h"

namespace sotto::golden {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split_lines(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Line by line, by the longest common subsequence; what is equal far from a change is left out.
std::string diff(std::string const& expected, std::string const& got) {
  auto const a = split_lines(expected), b = split_lines(got);
  std::vector<std::vector<int>> common(a.size() + 1, std::vector<int>(b.size() + 1));
  for (auto i = a.size(); i-- > 0;) {
    for (auto j = b.size(); j-- > 0;)
      common[i][j] = a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  }
  std::string out, before;
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      before = "  " + a[i] + "\n";
      ++i, ++j;
      continue;
    }
    out += std::exchange(before, "");
    bool const gone = j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1]);
    out += gone ? "- " + a[i++] + "\n" : "+ " + b[j++] + "\n";
  }
  return out;
}

std::vector<std::string> golden_files() {
  std::vector<std::string> names;
  for (auto const& entry : fs::directory_iterator(SOTTO_GOLDEN_DIR)) {
    if (entry.path().extension() == ".call") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, Call) {
  auto const file = fs::path(SOTTO_GOLDEN_DIR) / (GetParam() + ".call");
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  try {
    auto const call = parse(text.str());
    auto const got = play(call);
    if (std::getenv("SOTTO_GOLDEN_WRITE")) std::ofstream(file) << call.given << got;
    else if (got != call.expected)
      FAIL() << GetParam() << ".call comes to something else (- expected, + came):\n" << diff(call.expected, got);
  } catch (std::exception const& problem) {
    FAIL() << GetParam() << ".call: " << problem.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Calls, Golden, testing::ValuesIn(golden_files()), [](auto const& info) { return info.param; });

}  // namespace
}  // namespace sotto::golden
