#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <span>
#include <unordered_map>

#include <fmt/format.h>
#include <gumbo.h>

#include "knowledge/articles/article_builder.h"
#include "knowledge/articles/front_matter.h"
#include "knowledge/articles/html_limits.h"
#include "knowledge/articles/html_page.h"
#include "knowledge/articles/html_table.h"
#include "knowledge/articles/markdown_source.h"
#include "knowledge/articles/raised_text.h"

namespace sotto::knowledge {

namespace {

constexpr int kDeepest = 1024;  // of what the parser built

std::span<GumboNode* const> children(GumboNode const& node) {
  if (node.type != GUMBO_NODE_ELEMENT || node.v.element.children.length == 0) return {};
  return {reinterpret_cast<GumboNode* const*>(node.v.element.children.data), node.v.element.children.length};
}

// Of a text or an element.
int line_of(GumboNode const& node) {
  return static_cast<int>(node.type == GUMBO_NODE_ELEMENT ? node.v.element.start_pos.line : node.v.text.start_pos.line);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

int number_of(GumboElement const& element, char const* name) {
  auto const written = attribute(element, name);
  int value = 1;
  std::from_chars(written.data(), written.data() + written.size(), value);
  return value;
}

using Numbers = std::unordered_map<GumboNode const*, std::string>;

// What stands before each item of an ordered list, "25. "; nothing where it is 1, 2, 3 ..., which its order says.
void number_items(GumboNode const& list, Numbers& out) {
  int next = number_of(list.v.element, "start"), position = 0;
  bool counted = true, ones = true;
  std::vector<std::pair<GumboNode const*, int>> items;
  for (auto const* child : children(list)) {
    if (tag_of(*child) != GUMBO_TAG_LI) continue;
    bool const given = gumbo_get_attribute(&child->v.element.attributes, "value") != nullptr;
    auto const number = std::clamp(given ? number_of(child->v.element, "value") : next, 0, 1'000'000'000);
    next = number + 1;
    counted = counted && number == ++position;
    ones = ones && number == 1;
    items.emplace_back(child, number);
  }
  if (items.size() > 1 && (counted || ones)) return;
  for (auto const& [item, number] : items) out[item] = fmt::format("{}. ", number);
}

// Where a line was broken by hand in the middle of a sentence, it goes on.
bool goes_on(std::string_view line, std::string_view next) {
  if (line.empty() || next.empty()) return false;
  bool const ended = std::string_view(".!?:;").find(line.back()) != std::string_view::npos;
  return !ended && std::islower(static_cast<unsigned char>(next.front())) != 0;
}

// Lines of which some hold nothing but signs: brackets of a program, not lines of a text.
bool is_code(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find('\n', at), text.size());
    auto const line = squeeze(text.substr(at, end - at));
    bool const says = std::ranges::any_of(line, [](unsigned char c) { return std::isalnum(c) != 0 || c >= 0x80; });
    if (!line.empty() && !says) return true;
    at = end + 1;
  }
  return false;
}

// Lists that a word processor wrote as paragraphs.
std::string_view without_bullet(std::string_view line) {
  for (std::string_view const mark : {"·", "•", "●", "▪", "■", "◦", "‣", "∙", "\xef\x82\xb7"}) {
    if (line.starts_with(mark)) return line.substr(std::min(line.find_first_not_of(' ', mark.size()), line.size()));
  }
  return line;
}

// `broken`: every line stands for itself.
std::vector<std::string> lines_of(std::string_view text, bool broken = false) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    auto const end = std::min(text.find('\n', at), text.size());
    auto line = squeeze(text.substr(at, end - at));
    if (!broken && !out.empty() && goes_on(out.back(), line)) out.back() += " " + line;
    else if (!line.empty()) out.push_back(std::move(line));
    at = end + 1;
  }
  return out;
}

class Walk {
 public:
  Walk(ArticleBuilder& builder, HtmlPage const& page, bool markdown)
      : builder_(builder), page_(page), markdown_(markdown) {}

  void run(GumboNode const& root) {
    head(root);
    if (!markdown_ && page_.title()) builder_.title(text_of(*page_.title()), line_of(*page_.title()));
    else if (!markdown_ && !page_title_.empty()) builder_.title(page_title_, 1);
    visit(page_.content());
    flush();
  }

 private:
  // <title> and <meta>, wherever they stand.
  void head(GumboNode const& node) {
    if (node.type != GUMBO_NODE_ELEMENT) return;
    auto const& element = node.v.element;
    if (element.tag == GUMBO_TAG_TITLE && page_title_.empty()) page_title_ = text_of(node);
    if (element.tag == GUMBO_TAG_META) meta(element);
    for (auto const* child : children(node)) head(*child);
  }

  void meta(GumboElement const& element) {
    auto const line = static_cast<int>(element.start_pos.line);
    for (auto const* attribute_name : {"name", "property", "itemprop"}) {
      auto const name = entry_name(attribute(element, attribute_name));
      // Pages carry many others (viewport, description): those are not ours. What is nearly ours is a slip.
      if (name == "valid_from" || name == "valid_until" || name == "audience" || name == "owner")
        return void(builder_.meta(name, squeeze(attribute(element, "content")), line));
      if (lower(name).starts_with("valid"))
        return builder_.problem(line, "unknown entry \"" + name + "\"; known are valid_from, valid_until, audience");
    }
  }

  void visit(GumboNode const& node) {
    if (node.type != GUMBO_NODE_ELEMENT) return words(node);
    auto const tag = node.v.element.tag;
    if (tag == GUMBO_TAG_HEAD || HtmlPage::is_no_text(node)) return;
    if (auto const why = page_.why_left_out(node, !builder_.has_text() && text_.empty()); !why.empty())
      return builder_.left_out(line_of(node), why, text_of(node));
    if (page_.is_header(node)) return header(node);
    if (page_.is_mark_of_a_link(node)) return;
    if (tag == GUMBO_TAG_TABLE && !page_.is_layout(node)) return table(node);
    if (auto const level = HtmlPage::heading_level(node); level > 0) return heading(node, level);
    if (tag == GUMBO_TAG_SUMMARY) return summary(node);
    if (tag == GUMBO_TAG_IMG)
      return builder_.left_out(line_of(node), "a picture", squeeze(attribute(node.v.element, "alt")));
    if (tag == GUMBO_TAG_BR) {
      if (!text_.empty()) text_ += '\n';
      return;
    }
    if (tag == GUMBO_TAG_UNKNOWN) unknown(node);
    if (is_inline(node)) return inside(node);
    block(node);
  }

  void block(GumboNode const& node) {
    auto const tag = node.v.element.tag;
    bool const item = tag == GUMBO_TAG_LI || tag == GUMBO_TAG_DD;
    if (tag == GUMBO_TAG_DD && !term_.empty()) text_ = std::exchange(term_, "") + ": ";
    else flush();
    if (tag == GUMBO_TAG_OL) number_items(node, numbers_);
    if (auto const found = numbers_.find(&node); found != numbers_.end()) number_ = found->second;
    items_ += item ? 1 : 0;
    preformatted_ += tag == GUMBO_TAG_PRE ? 1 : 0;
    auto const level = level_;
    inside(node);
    if (tag == GUMBO_TAG_PRE && is_code(text_)) std::ranges::replace(text_, '\n', ' ');
    if (tag == GUMBO_TAG_DT) {
      term_ = squeeze(text_);
      while (term_.ends_with(':')) term_.pop_back();
      text_.clear();
    } else {
      flush();
    }
    if (tag == GUMBO_TAG_LI) number_.clear();
    items_ -= item ? 1 : 0;
    preformatted_ -= tag == GUMBO_TAG_PRE ? 1 : 0;
    if (tag == GUMBO_TAG_DETAILS && level_ != level) builder_.go_back(level_ = level);
  }

  void inside(GumboNode const& node) {
    auto const from = text_.size();
    for (auto const* child : children(node)) visit(*child);
    if (is_raised(node) || is_lowered(node)) raise(text_, from, is_lowered(node));
  }

  void words(GumboNode const& node) {
    auto const said = words_of(node);
    if (said.empty()) return;
    if (auto const why = page_.why_left_out(node, false); !why.empty()) {
      if (node.type != GUMBO_NODE_WHITESPACE) builder_.left_out(line_of(node), why, squeeze(said));
      return;
    }
    if (text_.empty() && node.type != GUMBO_NODE_WHITESPACE) {
      auto const first = said.find_first_not_of(" \t\r\n");
      line_ = line_of(node) + static_cast<int>(std::ranges::count(said.substr(0, std::min(first, said.size())), '\n'));
      text_ = std::exchange(number_, "");
    }
    for (char const c : said) {
      bool const space = c == ' ' || c == '\n' || c == '\t';
      if (!space || !text_.empty()) text_ += c == '\n' && preformatted_ == 0 ? ' ' : c;
    }
  }

  void flush() {
    if (!term_.empty()) builder_.text(std::exchange(term_, ""), line_, true);
    for (auto const& line : lines_of(std::exchange(text_, ""))) {
      if (!markdown_ && !builder_.has_text() && HtmlPage::is_byline(line))
        builder_.left_out(line_, "who wrote it and when", line);
      else if (!markdown_ && HtmlPage::is_imprint(line)) builder_.left_out(line_, "a footer", line);
      else if (auto const text = without_bullet(line); text.size() < line.size()) builder_.text(text, line_, true);
      else builder_.text(line, line_, items_ > 0);
    }
  }

  void heading(GumboNode const& node, int level) {
    flush();
    if (&node == page_.title() && !markdown_) return;
    inside(node);
    auto said = squeeze(std::exchange(text_, ""));
    if (said.empty()) return;
    if (level == 1 && markdown_) return builder_.title(std::move(said), line_);
    begin(std::max(2, level), std::move(said), markdown_ ? line_ : line_of(node));
  }

  void begin(int level, std::string heading, int line) {
    level_ = level;
    builder_.heading(level, std::move(heading), line);
  }

  // What opens a part of the page is its heading.
  void summary(GumboNode const& node) {
    flush();
    auto const level = level_;
    inside(node);
    auto said = squeeze(std::exchange(text_, ""));
    if (!said.empty()) begin(std::min(6, level + 1), std::move(said), line_of(node));
  }

  void header(GumboNode const& node) {
    std::string rest;
    auto const look = [&](auto const& self, GumboNode const& at) -> void {
      if (HtmlPage::is_no_text(at)) return;
      if (at.type != GUMBO_NODE_ELEMENT) rest += std::string(words_of(at)) + " ";
      else if (HtmlPage::heading_level(at) > 0) heading(at, HtmlPage::heading_level(at));
      else
        for (auto const* child : children(at)) self(self, *child);
    };
    look(look, node);
    builder_.left_out(line_of(node), "a header", squeeze(rest));
  }

  // "<name>" of somebody who meant the characters: they are text.
  void unknown(GumboNode const& node) {
    auto const& element = node.v.element;
    if (!markdown_ || element.original_tag.length < 3) return;
    std::string_view const tag(element.original_tag.data, element.original_tag.length);
    std::string_view const end(element.original_end_tag.data, element.original_end_tag.length);
    auto const name = tag.substr(1, tag.find_first_of(" \t\n/>") - 1);
    bool const closed = end.starts_with("</") && end.substr(2).starts_with(name);
    if (closed || tag.find('-') != std::string_view::npos || tag.find(':') != std::string_view::npos) return;
    if (text_.empty()) line_ = line_of(node), text_ = std::exchange(number_, "");
    text_ += tag;
  }

  void table(GumboNode const& node) {
    flush();
    std::vector<TableRow> rows;
    collect(node, false, rows);
    std::vector<TableRow> foot;
    std::ranges::copy_if(rows, std::back_inserter(foot), &TableRow::foot);
    std::erase_if(rows, &TableRow::foot);
    std::ranges::move(foot, std::back_inserter(rows));
    for (auto& [text, key, cells, line] : table_units(rows))
      builder_.row(std::move(text), std::move(key), std::move(cells), line);
  }

  void collect(GumboNode const& node, bool in_head, std::vector<TableRow>& rows) {
    for (auto const* child : children(node)) {
      auto const tag = tag_of(*child);
      auto const why = page_.why_left_out(*child, false);
      if (!why.empty()) {
        builder_.left_out(line_of(*child), why, text_of(*child));
      } else if (tag == GUMBO_TAG_CAPTION) {
        inside(*child);
        flush();
      } else if (tag == GUMBO_TAG_TR) {
        rows.push_back(row_of(*child, in_head));
        rows.back().foot = tag_of(node) == GUMBO_TAG_TFOOT;
      } else {
        collect(*child, in_head || tag == GUMBO_TAG_THEAD, rows);
      }
    }
  }

  TableRow row_of(GumboNode const& node, bool in_head) {
    TableRow row{.cells = {}, .head = in_head, .line = line_of(node)};
    bool first = true;
    for (auto const* child : children(node)) {
      auto const tag = tag_of(*child);
      if (tag != GUMBO_TAG_TD && tag != GUMBO_TAG_TH) continue;
      auto text = cell(*child);
      if (markdown_ && first && !text.empty()) row.line = line_, first = false;
      row.cells.push_back({.text = std::move(text),
                           .head = tag == GUMBO_TAG_TH,
                           .bold = page_.is_bold(*child),
                           .columns = number_of(child->v.element, "colspan"),
                           .rows = number_of(child->v.element, "rowspan")});
    }
    return row;
  }

  // Its lines with commas between; a picture alone by the words that stand for it.
  std::string cell(GumboNode const& node) {
    std::string picture;
    text_.clear();
    auto const look = [&](auto const& self, GumboNode const& at) -> void {
      if (at.type != GUMBO_NODE_ELEMENT) return words(at);
      if (HtmlPage::is_no_text(at)) return;
      if (auto const why = &at == &node ? "" : page_.why_left_out(at, false); !why.empty())
        return builder_.left_out(line_of(at), why, text_of(at));
      if (tag_of(at) == GUMBO_TAG_IMG) picture += " " + attribute(at.v.element, "alt");
      if (tag_of(at) == GUMBO_TAG_UNKNOWN) unknown(at);
      bool const apart = !is_inline(at) && &at != &node;
      if (apart) text_ += '\n';
      auto const from = text_.size();
      for (auto const* child : children(at)) self(self, *child);
      if (is_raised(at) || is_lowered(at)) raise(text_, from, is_lowered(at));
      if (apart) text_ += '\n';
    };
    look(look, node);
    std::string out;
    for (auto const& line : lines_of(std::exchange(text_, ""), true)) {
      bool const ended = !out.empty() && std::string_view(".!?,:;").find(out.back()) != std::string_view::npos;
      out += (out.empty() ? "" : ended ? " " : ", ") + line;
    }
    return out.empty() ? squeeze(picture) : out;
  }

  ArticleBuilder& builder_;
  HtmlPage const& page_;
  bool const markdown_;
  std::string text_;  // of the block so far; does not begin with white space
  std::string term_, page_title_;
  Numbers numbers_;
  std::string number_;  // of a list's item, to stand before its first words
  int line_ = 1, items_ = 0, level_ = 1, preformatted_ = 0;
};

bool is_deeper(GumboNode const& node, int most) {
  if (most == 0) return true;
  return std::ranges::any_of(children(node), [&](auto const* child) { return is_deeper(*child, most - 1); });
}

}  // namespace

void read_html(std::string_view html, bool markdown, ArticleBuilder& builder) {
  if (auto const refused = too_much_html(html)) return builder.problem(refused->line, refused->reason);
  auto options = kGumboDefaultOptions;
  options.max_errors = 0;  // each keeps a copy of all open tags
  auto const release = [&](GumboOutput* output) { gumbo_destroy_output(&options, output); };
  std::unique_ptr<GumboOutput, decltype(release)> const output(
      gumbo_parse_with_options(&options, html.data(), html.size()), release);
  if (is_deeper(*output->root, kDeepest))
    return builder.problem(1, "elements are nested too deep: this is not an article");
  HtmlPage const page(*output->root, markdown);
  Walk(builder, page, markdown).run(*output->root);
}

ParsedArticle parse_html(std::string_view text, std::string const& file) {
  ArticleBuilder builder(file);
  std::string page(text);
  auto const from = read_front_matter(text, builder);
  // Every line stays where it is.
  std::replace_if(page.begin(), page.begin() + static_cast<long>(from), [](char c) { return c != '\n'; }, ' ');
  refuse_stray_entries(text, from, false, builder);
  refuse_conflicts(text, builder);
  read_html(page, false, builder);
  return builder.finish();
}

}  // namespace sotto::knowledge
