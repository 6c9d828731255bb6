#include "knowledge/articles/html_page.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <sstream>
#include <vector>

#include <re2/re2.h>

#include "knowledge/articles/article_builder.h"
#include "knowledge/articles/raised_text.h"

namespace sotto::knowledge {

namespace {

constexpr std::size_t kFurnitureWords = 60;  // more is a text, whatever stands around it
constexpr std::size_t kBylineWords = 25;
constexpr std::size_t kCellWords = 80;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::span<GumboNode* const> children(GumboNode const& node) {
  GumboVector const* list = nullptr;
  if (node.type == GUMBO_NODE_ELEMENT) list = &node.v.element.children;
  else if (node.type == GUMBO_NODE_DOCUMENT) list = &node.v.document.children;
  if (!list || list->length == 0) return {};
  return {reinterpret_cast<GumboNode* const*>(list->data), list->length};
}

bool is_heading(GumboTag tag) { return tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6; }

bool ends_sentence(std::string_view text) { return text.ends_with('.') || text.ends_with('!') || text.ends_with('?'); }

std::string style_of(GumboElement const& element) {
  auto style = lower(attribute(element, "style"));
  std::erase_if(style, [](unsigned char c) { return std::isspace(c) != 0; });
  return style;
}

// Roles of WAI-ARIA that stand for what surrounds a text.
bool is_furniture_role(std::string_view role) {
  static constexpr std::array<std::string_view, 14> kRoles{
      "navigation", "contentinfo", "search", "complementary", "menu",    "menubar",      "toolbar",
      "tablist",    "directory",   "dialog", "alertdialog",   "doc-toc", "doc-pagelist", "doc-index"};
  return std::ranges::find(kRoles, role) != kRoles.end();
}

// "authorByline" is "author-Byline".
std::string names_of(GumboElement const& element) {
  std::string out;
  for (auto const* name : {"id", "class", "data-automation-id", "data-testid", "aria-label"}) {
    char before = ' ';
    for (char const c : attribute(element, name)) {
      bool const hump =
          std::isupper(static_cast<unsigned char>(c)) != 0 && std::islower(static_cast<unsigned char>(before)) != 0;
      if (hump) out += '-';
      out += before = c;
    }
    out += ' ';
  }
  return out;
}

// Words that pages name such parts by, in any product; they count for small parts only.
bool is_furniture_name(std::string_view names) {
  static re2::RE2 const known(
      R"((?i)(^|[^a-z])(breadcrumbs?|bread-crumbs?|byline|toc|table-of-contents|footer|sidebar|navbar|navigation|)"
      R"(pagination|pager|comments?|skip-?(link|navigation|to-content)|jump-?(link|to-nav)|share|social|related|)"
      R"(cookies?|page-?metadata|article-?(meta|author|votes)|last-?modified|was-this-helpful)([^a-z]|$))");
  return re2::RE2::PartialMatch(re2::StringPiece(names.data(), names.size()), known);
}

}  // namespace

std::string attribute(GumboElement const& element, char const* name) {
  auto const* const found = gumbo_get_attribute(&element.attributes, name);
  return found ? found->value : "";
}

GumboTag tag_of(GumboNode const& node) { return node.type == GUMBO_NODE_ELEMENT ? node.v.element.tag : GUMBO_TAG_LAST; }

bool is_inline(GumboNode const& node) {
  static constexpr std::array kTags{
      GUMBO_TAG_A,      GUMBO_TAG_ABBR,  GUMBO_TAG_B,      GUMBO_TAG_BDI,    GUMBO_TAG_BDO,    GUMBO_TAG_BIG,
      GUMBO_TAG_CITE,   GUMBO_TAG_CODE,  GUMBO_TAG_DATA,   GUMBO_TAG_DEL,    GUMBO_TAG_DFN,    GUMBO_TAG_EM,
      GUMBO_TAG_FONT,   GUMBO_TAG_I,     GUMBO_TAG_IMG,    GUMBO_TAG_INS,    GUMBO_TAG_KBD,    GUMBO_TAG_LABEL,
      GUMBO_TAG_MARK,   GUMBO_TAG_NOBR,  GUMBO_TAG_OUTPUT, GUMBO_TAG_Q,      GUMBO_TAG_RUBY,   GUMBO_TAG_S,
      GUMBO_TAG_SAMP,   GUMBO_TAG_SMALL, GUMBO_TAG_SPAN,   GUMBO_TAG_STRIKE, GUMBO_TAG_STRONG, GUMBO_TAG_SUB,
      GUMBO_TAG_SUP,    GUMBO_TAG_TIME,  GUMBO_TAG_TT,     GUMBO_TAG_U,      GUMBO_TAG_VAR,    GUMBO_TAG_WBR,
      GUMBO_TAG_UNKNOWN};
  return std::ranges::find(kTags, tag_of(node)) != kTags.end();
}

std::string_view words_of(GumboNode const& node) {
  switch (node.type) {
    case GUMBO_NODE_TEXT:
    case GUMBO_NODE_WHITESPACE:
    case GUMBO_NODE_CDATA: return node.v.text.text;
    default: return {};
  }
}

bool is_raised(GumboNode const& node) {
  return tag_of(node) == GUMBO_TAG_SUP || (node.type == GUMBO_NODE_ELEMENT && is_inline(node) &&
                                           style_of(node.v.element).find("vertical-align:super") != std::string::npos);
}

bool is_lowered(GumboNode const& node) {
  return tag_of(node) == GUMBO_TAG_SUB || (node.type == GUMBO_NODE_ELEMENT && is_inline(node) &&
                                           style_of(node.v.element).find("vertical-align:sub") != std::string::npos);
}

std::string text_of(GumboNode const& node) {
  std::string out;
  auto const add = [&](auto const& self, GumboNode const& at) -> void {
    if (HtmlPage::is_no_text(at)) return;
    if (!is_inline(at)) out += ' ';
    out += words_of(at);
    auto const from = out.size();
    for (auto const* child : children(at)) self(self, *child);
    if (is_raised(at) || is_lowered(at)) raise(out, from, is_lowered(at));
    if (!is_inline(at) && at.type == GUMBO_NODE_ELEMENT) out += ' ';
  };
  add(add, node);
  return squeeze(out);
}

HtmlPage::HtmlPage(GumboNode const& root, bool markdown) : markdown_(markdown) {
  measure(root, false, 0);
  choose_content(root);
  if (markdown_ || !title_ || at(*title_).before_title) return;
  // What stands above the title belongs to the page; but a title somewhere in the middle is none.
  bool found = false;
  mark_before_title(*content_, found);
  std::size_t above = 0;
  for (auto const* node : before_title_) above += node->type == GUMBO_NODE_ELEMENT ? 0 : at(*node).words;
  if (!found || 2 * above > at(*content_).words) before_title_.clear();
}

HtmlPage::Stats const& HtmlPage::at(GumboNode const& node) const {
  static Stats const none;
  auto const found = stats_.find(&node);
  return found == stats_.end() ? none : found->second;
}

HtmlPage::Stats HtmlPage::measure(GumboNode const& node, bool in_article, int depth) {
  Stats out;
  auto const tag = tag_of(node);
  out.in_article = in_article;
  out.words = static_cast<std::size_t>(count_words(words_of(node)));
  if (tag == GUMBO_TAG_STYLE && !children(node).empty()) read_style(children(node)[0]->v.text.text);
  bool const text = node.type != GUMBO_NODE_ELEMENT || !is_no_text(node);
  if (text && depth < 2000) {
    for (auto const* child : children(node)) {
      auto const of = measure(*child, in_article || tag == GUMBO_TAG_ARTICLE, depth + 1);
      out.words += of.words, out.link_words += of.link_words, out.own_page_words += of.own_page_words;
      out.links += of.links, out.headings += of.headings, out.blocks += of.blocks, out.tables += of.tables;
      out.items += of.items;
      out.h1 = out.h1 || of.h1, out.dated = out.dated || of.dated;
    }
  }
  if (node.type == GUMBO_NODE_ELEMENT) {
    auto const& element = node.v.element;
    auto const to = attribute(element, "href");
    bool const link = tag == GUMBO_TAG_A && !to.empty() && !to.starts_with("tel:") && !to.starts_with("mailto:");
    if (link) out.link_words = out.words, out.links += 1;
    if (link && to.starts_with('#')) out.own_page_words = out.words;
    auto const level = heading_level(node);
    out.headings += level > 0 ? 1 : 0;
    out.h1 = out.h1 || level == 1;
    out.tables += tag == GUMBO_TAG_TABLE ? 1 : 0;
    out.items += tag == GUMBO_TAG_LI ? 1 : 0;
    out.blocks += tag == GUMBO_TAG_P || tag == GUMBO_TAG_TABLE || tag == GUMBO_TAG_LI ? 1 : 0;
    out.dated = out.dated || tag == GUMBO_TAG_TIME || attribute(element, "itemprop").starts_with("date") ||
                attribute(element, "rel") == "author" || attribute(element, "itemprop") == "author";
  }
  stats_[&node] = out;
  return out;
}

// Google Docs and others write their marks as classes: ".c5{text-decoration:line-through}".
void HtmlPage::read_style(std::string_view css) {
  for (std::size_t at = 0; at < css.size();) {
    auto const open = css.find('{', at);
    if (open == std::string_view::npos) return;
    auto const close = std::min(css.find('}', open), css.size());
    auto what = lower(css.substr(open + 1, close - open - 1));
    std::erase_if(what, [](unsigned char c) { return std::isspace(c) != 0; });
    auto* into = what.find("line-through") != std::string::npos   ? &struck_
                 : what.find("display:none") != std::string::npos ? &hidden_
                 : what.find("font-weight:7") != std::string::npos || what.find("font-weight:bold") != std::string::npos
                     ? &bold_
                     : nullptr;
    std::istringstream selectors{std::string(css.substr(at, open - at))};
    for (std::string one; into && std::getline(selectors, one, ',');) {
      one = squeeze(one);
      bool const plain = one.starts_with('.') && one.find_first_of(" >+~:[#.", 1) == std::string::npos;
      if (plain) into->insert(one.substr(1));
    }
    at = close + 1;
  }
}

void HtmlPage::choose_content(GumboNode const& root) {
  GumboNode const *body = nullptr, *main = nullptr, *h1 = nullptr;
  std::vector<GumboNode const*> articles;
  auto const look = [&](auto const& self, GumboNode const& node, int depth) -> void {
    auto const tag = tag_of(node);
    if (tag == GUMBO_TAG_BODY) body = &node;
    if (heading_level(node) == 1 && !h1 && at(node).words > 0) h1 = &node;
    if (tag == GUMBO_TAG_ARTICLE && !at(node).in_article) articles.push_back(&node);
    bool const is_main =
        tag == GUMBO_TAG_MAIN || (node.type == GUMBO_NODE_ELEMENT && attribute(node.v.element, "role") == "main");
    if (is_main && !main && at(node).words > 0) main = &node;
    if (depth < 2000) {
      for (auto const* child : children(node)) self(self, *child, depth + 1);
    }
  };
  look(look, root, 0);
  content_ = main ? main : body ? body : &root;
  if (markdown_) content_ = body ? body : &root;
  else if (articles.size() == 1 && 2 * at(*articles.front()).words > at(*content_).words) content_ = articles.front();
  GumboNode const* inner = nullptr;
  auto const first_h1 = [&](auto const& self, GumboNode const& node) -> void {
    if (inner || !at(node).h1) return;
    if (heading_level(node) == 1 && at(node).words > 0) inner = &node;
    for (auto const* child : children(node)) self(self, *child);
  };
  first_h1(first_h1, *content_);
  title_ = inner ? inner : h1;
}

void HtmlPage::mark_before_title(GumboNode const& node, bool& found) {
  if (found || &node == title_) {
    found = true;
    return;
  }
  bool const above = !at(node).h1;
  if (above) before_title_.insert(&node);
  for (auto const* child : children(node)) mark_before_title(*child, found);
}

bool HtmlPage::is_no_text(GumboNode const& node) {
  switch (tag_of(node)) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_MATH:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_CANVAS:
    case GUMBO_TAG_AUDIO:
    case GUMBO_TAG_VIDEO:
    case GUMBO_TAG_INPUT:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_TEXTAREA:
    case GUMBO_TAG_BUTTON:
    case GUMBO_TAG_DATALIST: return true;
    default: return false;
  }
}

bool HtmlPage::has_class(GumboElement const& element, std::set<std::string> const& classes) const {
  if (classes.empty()) return false;
  std::istringstream names(attribute(element, "class"));
  for (std::string name; names >> name;) {
    if (classes.contains(name)) return true;
  }
  return false;
}

bool HtmlPage::is_struck(GumboNode const& node) const {
  auto const tag = tag_of(node);
  if (tag == GUMBO_TAG_S || tag == GUMBO_TAG_DEL || tag == GUMBO_TAG_STRIKE) return true;
  auto const& element = node.v.element;
  return style_of(element).find("line-through") != std::string::npos || has_class(element, struck_);
}

bool HtmlPage::is_hidden(GumboElement const& element) const {
  auto const style = style_of(element);
  return gumbo_get_attribute(&element.attributes, "hidden") != nullptr ||
         lower(attribute(element, "aria-hidden")) == "true" || style.find("display:none") != std::string::npos ||
         style.find("visibility:hidden") != std::string::npos || has_class(element, hidden_);
}

bool HtmlPage::is_bold(GumboNode const& node) const {
  auto const tag = tag_of(node);
  if (tag == GUMBO_TAG_B || tag == GUMBO_TAG_STRONG || tag == GUMBO_TAG_TH) return true;
  if (node.type != GUMBO_NODE_ELEMENT) return false;
  auto const style = style_of(node.v.element);
  if (style.find("font-weight:7") != std::string::npos || style.find("font-weight:bold") != std::string::npos ||
      has_class(node.v.element, bold_))
    return true;
  auto const within = children(node);
  return std::ranges::any_of(within, [&](auto const* child) { return at(*child).words > 0; }) &&
         std::ranges::all_of(within, [&](auto const* child) { return at(*child).words == 0 || is_bold(*child); });
}

// Lists and boxes of links; a contents list leads to places on the same page.
bool HtmlPage::is_mostly_links(GumboNode const& node) const {
  auto const& of = at(node);
  auto const tag = tag_of(node);
  if (of.words == 0 || of.links == 0 || is_inline(node)) return false;
  if (tag == GUMBO_TAG_TR || tag == GUMBO_TAG_TH || tag == GUMBO_TAG_BODY || heading_level(node) > 0) return false;
  if (of.own_page_words == of.words) return true;
  if (markdown_ || of.links < 2) return false;
  return 4 * of.link_words >= 3 * of.words && of.words < 4 * kFurnitureWords + of.links * 8;
}

bool HtmlPage::is_byline(GumboNode const& node) const {
  auto const& of = at(node);
  if (of.words == 0 || of.words > kBylineWords || of.headings > 0 || of.tables > 0) return false;
  auto const text = text_of(node);
  return of.dated ? !ends_sentence(text) : is_byline(std::string_view(text));
}

bool HtmlPage::is_byline(std::string_view text) {
  if (count_words(text) > static_cast<int>(kBylineWords) || ends_sentence(text)) return false;
  static re2::RE2 const known(
      R"((?i)^((created|written|posted|published|updated|modified|edited|reviewed|added|last \w+)\b.*\d|)"
      R"((author|(created|written|posted|published|updated) by)\b|by \p{Lu}))");
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), known);
}

bool HtmlPage::is_imprint(std::string_view text) {
  static re2::RE2 const known(R"((?i)^\s*(©|\(c\)|copyright\b).{0,80}\b(19|20)\d\d\b)");
  return count_words(text) <= static_cast<int>(kBylineWords) &&
         re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), known);
}

int HtmlPage::heading_level(GumboNode const& node) {
  auto const tag = tag_of(node);
  if (is_heading(tag)) return tag - GUMBO_TAG_H1 + 1;
  if (node.type != GUMBO_NODE_ELEMENT || lower(attribute(node.v.element, "role")) != "heading") return 0;
  auto const level = attribute(node.v.element, "aria-level");
  return level.size() == 1 && level[0] >= '1' && level[0] <= '6' ? level[0] - '0' : 2;
}

bool HtmlPage::is_mark_of_a_link(GumboNode const& node) const {
  if (at(node).links == 0 || at(node).words > 3 || !is_inline(node) || tag_of(node) == GUMBO_TAG_A) return false;
  auto const text = text_of(node);
  return text.starts_with('[') && text.ends_with(']');
}

bool HtmlPage::is_header(GumboNode const& node) const {
  if (markdown_ || node.type != GUMBO_NODE_ELEMENT) return false;
  return tag_of(node) == GUMBO_TAG_HEADER || lower(attribute(node.v.element, "role")) == "banner";
}

bool HtmlPage::is_layout(GumboNode const& table) const {
  auto const role = lower(attribute(table.v.element, "role"));
  if (role == "presentation" || role == "none") return true;
  auto const& of = at(table);
  if (of.tables > 1 || of.headings > 0) return true;
  std::size_t columns = 0, longest = 0;
  auto const look = [&](auto const& self, GumboNode const& node) -> void {
    std::size_t cells = 0;
    for (auto const* child : children(node)) {
      auto const tag = tag_of(*child);
      if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) {
        ++cells;
        longest = std::max(longest, at(*child).words);
      } else if (child->type == GUMBO_NODE_ELEMENT) {
        self(self, *child);
      }
    }
    columns = std::max(columns, cells);
  };
  look(look, table);
  return columns < 2 || longest > kCellWords;
}

std::string_view HtmlPage::why_left_out(GumboNode const& node, bool fresh) const {
  if (before_title_.contains(&node)) return "above the title";
  if (node.type != GUMBO_NODE_ELEMENT) return "";
  auto const& element = node.v.element;
  auto const tag = element.tag;
  auto const& of = at(node);
  if (of.words == 0) return "";
  if (is_struck(node)) return "struck out";
  if (is_hidden(element)) return "hidden";
  if (is_mostly_links(node)) return of.own_page_words == of.words ? "a table of contents" : "links";
  if (markdown_ || tag == GUMBO_TAG_BODY) return "";
  auto const role = lower(attribute(element, "role"));
  if (tag == GUMBO_TAG_NAV || is_furniture_role(role)) return "navigation";
  if (tag == GUMBO_TAG_FOOTER) return "a footer";
  if (tag == GUMBO_TAG_ASIDE && !of.in_article) return "beside the article";
  if (tag == GUMBO_TAG_FORM && of.headings == 0 && of.blocks == 0) return "a form";
  bool const own_page = tag == GUMBO_TAG_A && of.own_page_words == of.words;
  bool const small = of.words <= kFurnitureWords && !of.h1 && (!is_inline(node) || own_page);
  if (small && is_furniture_name(names_of(element))) return "around the text";
  if (fresh && !is_inline(node) && is_byline(node)) return "who wrote it and when";
  return "";
}

}  // namespace sotto::knowledge
