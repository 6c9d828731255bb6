// Articles parsed in a process of their own (`sotto parse-articles`, adapters/child): what somebody uploads costs the
// server neither memory nor a standstill beyond the child's limits, and is refused by name beyond them. One process for
// the files of a reload; the next file after one that ended it gets a new one. Texts of PDFs are kept by path, size and
// time of the file. Blocks; for one thread.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "adapters/child/child.h"
#include "library/article_files.h"

namespace sotto::app {

class ArticleParser {
 public:
  // For read_articles(); refers to this object.
  ArticleTools tools();
  // Between two reloads: no process waits.
  void rest() { child_.reset(); }

 private:
  knowledge::ParsedArticle parse(std::string_view text, std::string const& file);
  Result<knowledge::ParsedArticle> ask(std::string_view text, std::string const& file);
  Result<std::string> pdf(std::filesystem::path const& file);

  struct Kept {
    std::string stamp, text;
  };
  std::optional<Child> child_;
  std::map<std::filesystem::path, Kept> pdfs_;
};

// What that process does until its input ends. Returns the exit code.
int run_parse_articles();

}  // namespace sotto::app
