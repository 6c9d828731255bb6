// Article files of a tenant: found, read (a PDF through pdftotext), checked. Blocks on the disk.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "live/inference/answer_calibration.h"
#include "live/inference/articles.h"

namespace sotto::app {

// By its extension, in any case.
bool is_article_file(std::filesystem::path const& file);
// Below a folder, in order of their names; a file itself.
std::vector<std::filesystem::path> article_files(std::filesystem::path const& path);

struct ReadArticles {
  std::vector<inference::Passage> passages;
  std::vector<inference::ArticleProblem> problems;  // with the whole path of the file
  std::vector<inference::ArticleProblem> warnings;
  std::string text;  // all of it with the names, for a digest
  std::size_t files = 0;
};
// The tenant's labelled questions (questions.yaml beside its articles); none where there is no such file.
struct ReadQuestions {
  std::vector<inference::LabelledQuestion> questions;
  std::vector<inference::ArticleProblem> problems;
  std::string text;
};
ReadQuestions read_questions(std::filesystem::path const& folder, std::vector<inference::Passage> const& passages);

// One bad file leaves the others as they are. Above limits::knowledge_bytes_max nothing is read.
ReadArticles read_articles(std::filesystem::path const& path);
// Of these files, as if they lay in `place`.
ReadArticles read_articles(std::vector<std::filesystem::path> const& files, std::filesystem::path const& place);
// What lies below a tenant's folder and is neither an article nor its questions; hidden files are left out.
std::vector<std::filesystem::path> ignored_files(std::filesystem::path const& folder);

}  // namespace sotto::app
