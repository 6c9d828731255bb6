// Which parts of a page are its article: told by landmarks, roles, structure and the share of links, so that the pages
// of any wiki or help centre work. Shared by the files article_html.cpp (the walk) and html_table.cpp (tables).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include <gumbo.h>

namespace sotto::knowledge {

std::string attribute(GumboElement const& element, char const* name);
// Of an element; GUMBO_TAG_LAST for what is none.
GumboTag tag_of(GumboNode const& node);
// Stands within a line of text.
bool is_inline(GumboNode const& node);
// Stands above (below) the line: <sup>, <sub>, and styles that say so.
bool is_raised(GumboNode const& node);
bool is_lowered(GumboNode const& node);
// Squeezed, with what is not shown.
std::string text_of(GumboNode const& node);
// The words of a text node, in which white space is one space.
std::string_view words_of(GumboNode const& node);

class HtmlPage {
 public:
  // `markdown`: HTML that was made of Markdown has no furniture but a table of contents.
  HtmlPage(GumboNode const& root, bool markdown);

  // Where the article stands: <main>, its one <article>, else the body.
  GumboNode const& content() const { return *content_; }
  // The first h1 of the article, else of the page; null where there is none.
  GumboNode const* title() const { return title_; }

  // Never text: scripts, pictures, controls.
  static bool is_no_text(GumboNode const& node);
  // Why an element is not part of the article ("navigation"); empty: it is. `fresh`: no text was read yet.
  std::string_view why_left_out(GumboNode const& node, bool fresh) const;
  // 1 to 6 of a heading (<h2>, role="heading"); 0 for anything else.
  static int heading_level(GumboNode const& node);
  // "Last updated: 3 March by Ada"; "© 2026 Shop".
  static bool is_byline(std::string_view text);
  static bool is_imprint(std::string_view text);
  // "[edit]", "[1]": of the page, not of its text.
  bool is_mark_of_a_link(GumboNode const& node) const;
  // In a header only the headings are the article's.
  bool is_header(GumboNode const& node) const;
  // A table that only arranges the page.
  bool is_layout(GumboNode const& table) const;
  bool is_bold(GumboNode const& node) const;
  // Words in it, as shown.
  std::size_t words(GumboNode const& node) const { return at(node).words; }

 private:
  struct Stats {
    std::size_t words = 0, link_words = 0, own_page_words = 0, links = 0;
    std::size_t headings = 0, blocks = 0, tables = 0, columns = 0, items = 0;
    bool h1 = false, dated = false, before_title = false, in_article = false;
  };
  Stats const& at(GumboNode const& node) const;
  Stats measure(GumboNode const& node, bool in_article, int depth);
  void read_style(std::string_view css);
  void choose_content(GumboNode const& root);
  void mark_before_title(GumboNode const& node, bool& found);
  bool has_class(GumboElement const& element, std::set<std::string> const& classes) const;
  bool is_struck(GumboNode const& node) const;
  bool is_hidden(GumboElement const& element) const;
  bool is_mostly_links(GumboNode const& node) const;
  bool is_byline(GumboNode const& node) const;

  bool const markdown_;
  std::unordered_map<GumboNode const*, Stats> stats_;
  std::set<std::string> struck_, hidden_, bold_;  // classes that the page's own style makes so
  GumboNode const *content_ = nullptr, *title_ = nullptr;
  std::set<GumboNode const*> before_title_;
};

}  // namespace sotto::knowledge
