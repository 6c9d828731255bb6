#include "library/article_files.h"

#include <unistd.h>

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace sotto::app {
namespace {

namespace fs = std::filesystem;

class ArticleFiles : public testing::Test {
 protected:
  ArticleFiles() { fs::create_directories(folder_); }
  ~ArticleFiles() override { fs::remove_all(folder_); }
  fs::path put(std::string const& name, std::string const& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  // The least that is a PDF.
  static std::string pdf(std::string const& drawn) {
    return fmt::format(
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
        "4 0 obj<</Length {}>>stream\n{}\nendstream endobj\n"
        "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n",
        drawn.size(), drawn);
  }
  std::string problem() const {
    auto const read = read_articles(folder_);
    return read.problems.empty() ? "" : read.problems[0].reason;
  }
  fs::path const folder_ = fs::temp_directory_path() / fmt::format("sotto-articles-{}", ::getpid());
};

TEST_F(ArticleFiles, APdfIsAnArticle) {
  put("router.pdf", pdf("BT /F 12 Tf 20 250 Td (Router help) Tj 0 -50 Td (Red light) Tj 0 -50 Td "
                        "(The router has lost the line.) Tj ET"));
  auto const read = read_articles(folder_);
  ASSERT_TRUE(read.problems.empty()) << read.problems[0].reason;
  ASSERT_EQ(read.passages.size(), 1);
  EXPECT_EQ(read.passages[0].title, "Router help");
  EXPECT_EQ(read.passages[0].heading, "Red light");
  EXPECT_EQ(read.passages[0].text, "The router has lost the line.");
}

TEST_F(ArticleFiles, APdfOfPicturesIsNamed) {
  put("scan.pdf", pdf("0 0 100 100 re f"));
  EXPECT_THAT(problem(), testing::HasSubstr("only pictures"));
}

TEST_F(ArticleFiles, ABrokenPdfIsNamed) {
  put("broken.pdf", "this is no PDF");
  EXPECT_THAT(problem(), testing::HasSubstr("damaged"));
}

TEST_F(ArticleFiles, AHugeArticleIsNamedAndTheOthersAreRead) {
  put("a.md", "# A\nText.\n");
  fs::resize_file(put("huge.md", "# B\n"), limits::kArticleBytesMax + 1);
  auto const read = read_articles(folder_);
  ASSERT_EQ(read.problems.size(), 1);
  EXPECT_THAT(read.problems[0].reason, testing::HasSubstr("at most 5 MiB an article"));
  EXPECT_EQ(read.passages.size(), 1);
}

TEST_F(ArticleFiles, TheCaseOfAnExtensionDoesNotMatter) {
  put("A.MD", "# A\nText.\n");
  put("SCAN.PDF", pdf("0 0 100 100 re f"));
  auto const read = read_articles(folder_);
  EXPECT_EQ(read.passages.size(), 1);
  ASSERT_EQ(read.problems.size(), 1);
  EXPECT_THAT(read.problems[0].reason, testing::HasSubstr("only pictures"));
}

TEST_F(ArticleFiles, WhatIsNotReadIsNamed) {
  for (auto const* name : {"a.md", "questions.yaml", ".hidden", "notes.docx", "._a.md", "b.md~"})
    put(name, "# A\nText.\n");
  fs::create_directories(folder_ / "more");
  put("more/questions.yaml", "");
  std::vector<std::string> files;
  for (auto const& ignored : ignored_files(folder_))
    files.push_back(fs::relative(ignored.file, folder_).string() + " " + ignored.reason);
  EXPECT_THAT(files, testing::ElementsAre(testing::StartsWith("more/questions.yaml is not"),
                                          testing::StartsWith("notes.docx is not"), testing::StartsWith(". not read")));
  EXPECT_THAT(files.back(), testing::EndsWith(": ._a.md, b.md~"));
  EXPECT_EQ(read_articles(folder_).passages.size(), 1);
}

TEST_F(ArticleFiles, FilesAreReadAsIfTheyLayTogether) {
  auto const one = put("a.md", "# A\nText.\n");
  fs::create_directories(folder_ / "draft");
  auto const two = put("draft/a.md", "# A\nText.\n");
  EXPECT_TRUE(read_articles({one}, folder_).problems.empty());
  auto const both = read_articles({one, two}, folder_);
  ASSERT_EQ(both.problems.size(), 1);
  EXPECT_THAT(both.problems[0].reason, testing::HasSubstr("has the name of"));
}

TEST_F(ArticleFiles, FiftyMebibytesAreRefusedUnread) {
  for (int i = 0; i < 10; ++i) fs::resize_file(put(fmt::format("{}.md", i), ""), limits::kArticleBytesMax);
  EXPECT_THAT(problem(), testing::HasSubstr("50 MiB of articles; at most 32 MiB"));
}

}  // namespace
}  // namespace sotto::app
