// Puts an article together from what a parser finds, in order. The rules that hold for every format stand here.
#pragma once

#include <map>
#include <utility>

#include "base/unicode.h"
#include "knowledge/articles/articles.h"

namespace sotto::knowledge {

class ArticleBuilder {
 public:
  explicit ArticleBuilder(std::string file) : file_(std::move(file)) {}

  // An entry of front matter or a <meta>. False: an unknown name.
  bool meta(std::string_view name, std::string_view value, int line);
  void title(std::string text, int line);
  bool has_title() const { return !title_.empty(); }
  // A heading or a text came.
  bool has_text() const { return !out_.passages.empty() || !above_.empty(); }
  // `level`: 2 and deeper.
  void heading(int level, std::string text, int line);
  // What comes stands under the last heading of `level` or above again, as if those below it had ended.
  void go_back(int level);
  // `item`: of a list.
  void text(std::string_view text, int line, bool item);
  // Of a table, as one unit; `key` is what stands in its first column, `cells` the row without the heads.
  void row(std::string text, std::string key, std::string cells, int line);
  // What stands on the page and is not read, and as what; the check says it.
  void left_out(int line, std::string_view why, std::string_view text);
  void problem(int line, std::string_view reason);
  void warning(int line, std::string_view reason) { out_.warnings.push_back({file_, line, language::escaped(reason)}); }

  ParsedArticle finish();

 private:
  struct Above {
    int level = 0, line = 0;
    std::string text, slug;
  };

  std::string slug(std::string_view heading);
  void open_passage(int line);
  void close_passage();
  void warn_of_length(Passage const& passage);

  std::string const file_;
  std::string title_, title_slug_;
  bool title_from_meta_ = false;
  std::vector<Above> above_;  // the headings we are under
  bool parent_ = false;       // the last heading has deeper ones
  bool back_ = false;         // the next text opens a passage under a heading that came before
  std::map<std::string, int> slugs_;
  std::size_t left_out_ = 0;
  std::optional<Day> valid_from_, valid_until_;
  std::vector<std::string> audience_;
  ParsedArticle out_;
};

// A page of HTML; `markdown`: made of Markdown, its lines are those of the file.
void read_html(std::string_view html, bool markdown, ArticleBuilder& builder);

// "Valid-Until", "valid until" and "validUntil" are "valid_until": however the name of an entry is written.
std::string entry_name(std::string_view written);

// Runs of white space become one space; none at the ends. What is not to be seen is taken out (language::readable()).
std::string squeeze(std::string_view text);

// A heading's name in addresses, as GitHub and other renderers make it: "Fee & costs" is "fee--costs".
std::string slug_of(std::string_view heading);

}  // namespace sotto::knowledge
