// Puts an article together from what a parser finds, in order. The rules that hold for every format stand here.
#pragma once

#include <utility>

#include "live/inference/articles.h"

namespace sotto::inference {

class ArticleBuilder {
 public:
  explicit ArticleBuilder(std::string file) : file_(std::move(file)) {}

  // An entry of front matter or a <meta>. False: an unknown name.
  bool meta(std::string_view name, std::string_view value, int line);
  void title(std::string text, int line);
  bool has_title() const { return !title_.empty(); }
  // `level`: 2 and deeper.
  void heading(int level, std::string text, int line);
  // `item`: of a list or a table.
  void text(std::string_view text, int line, bool item);
  void problem(int line, std::string reason) { out_.problems.push_back({file_, line, std::move(reason)}); }

  ParsedArticle finish();

 private:
  void close_passage();
  void warn(int line, std::string reason) { out_.warnings.push_back({file_, line, std::move(reason)}); }

  std::string const file_;
  std::string title_;
  bool title_from_meta_ = false;
  std::vector<std::pair<int, std::string>> above_;  // level and text of the headings we are under
  bool parent_ = false;                             // the last heading has deeper ones
  std::optional<Day> valid_from_, valid_until_;
  std::vector<std::string> audience_;
  ParsedArticle out_;
};

// Runs of white space become one space; none at the ends.
std::string squeeze(std::string_view text);

}  // namespace sotto::inference
