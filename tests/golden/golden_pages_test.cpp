// Pages as wikis, help centres and word processors export them: pages/NAME.html is read as pages/NAME.txt says.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "knowledge/articles/articles.h"

namespace sotto::golden {
namespace {

namespace fs = std::filesystem;

std::string content(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string read(fs::path const& file) {
  auto const parsed = knowledge::parse_article(content(file), file.filename().string());
  std::string out;
  for (auto const& problem : parsed.problems) out += fmt::format("problem {}: {}\n", problem.line, problem.reason);
  for (auto const& warning : parsed.warnings) out += fmt::format("{}: {}\n", warning.line, warning.reason);
  for (auto const& passage : parsed.passages) {
    out += fmt::format("\n{}{}{} > {}\n", passage.title, passage.path.empty() ? "" : " > ",
                       fmt::join(passage.path, " > "), passage.heading);
    for (auto const& sentence : passage.sentences)
      out += fmt::format("{} {}\n", sentence.row ? "|" : sentence.item ? "-" : ".", sentence.text);
  }
  return out;
}

TEST(GoldenPages, AreReadAsTheirReadersSeeThem) {
  int pages = 0;
  for (auto const& entry : fs::directory_iterator(fs::path(SOTTO_GOLDEN_DIR) / "pages")) {
    if (entry.path().extension() != ".html") continue;
    auto expected = entry.path();
    expected.replace_extension(".txt");
    EXPECT_EQ(read(entry.path()), content(expected)) << entry.path();
    ++pages;
  }
  EXPECT_GE(pages, 6);
}

}  // namespace
}  // namespace sotto::golden
