// Article files of a tenant: found, read (a PDF through pdftotext), checked. Blocks on the disk.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "adapters/files/folder.h"
#include "adapters/pdf_text/pdf_text.h"
#include "knowledge/answer_calibration.h"
#include "knowledge/articles/articles.h"

namespace sotto::app {

// By its extension, in any case.
bool is_article_file(std::filesystem::path const& file);
// Below a folder (files_below()); of a file, the file itself.
Result<Listing> article_files(std::filesystem::path const& path);

// How files become articles; both may run in processes of their own.
struct ArticleTools {
  std::function<Result<std::string>(std::filesystem::path const&)> text_of_pdf = sotto::text_of_pdf;
  std::function<knowledge::ParsedArticle(std::string_view text, std::string const& file)> parse =
      knowledge::parse_article;
};

struct ReadArticles {
  std::vector<knowledge::Passage> passages;
  std::vector<knowledge::ArticleProblem> problems;  // with the whole path of the file
  std::vector<knowledge::ArticleProblem> warnings;
  std::string text;  // the names with a digest each: what makes this version another
  std::size_t files = 0;
};
// The tenant's labelled questions (questions.yaml beside its articles); none where there is no such file.
struct ReadQuestions {
  std::vector<knowledge::LabelledQuestion> questions;
  std::vector<knowledge::ArticleProblem> problems;
  std::string text;
};
ReadQuestions read_questions(std::filesystem::path const& folder, std::vector<knowledge::Passage> const& passages);

// One bad file leaves the others as they are. Above limits::kKnowledgeBytesMax nothing is read.
ReadArticles read_articles(std::filesystem::path const& path, ArticleTools const& tools = {});
// Of these files, as if they lay in `place`.
ReadArticles read_articles(std::vector<std::filesystem::path> const& files, std::filesystem::path const& place,
                           ArticleTools const& tools = {});
// What lies below a tenant's folder and is not read, each with the reason: no article, or a name that is left out.
std::vector<knowledge::ArticleProblem> ignored_files(std::filesystem::path const& folder);

}  // namespace sotto::app
