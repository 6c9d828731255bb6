#include <algorithm>
#include <cctype>

#include <gumbo.h>

#include "live/inference/article_builder.h"

namespace sotto::inference {

namespace {

constexpr int kDeepest = 256;  // the library recurses over what it built

// How deep the tags are nested at most; counts what closes by itself as if it did not.
int depth_of(std::string_view text) {
  int depth = 0, deepest = 0;
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    auto const rest = text.substr(at + 1, 8);
    if (rest.empty()) break;
    if (rest.starts_with('/')) {
      depth = std::max(0, depth - 1);
      continue;
    }
    if (!std::isalpha(static_cast<unsigned char>(rest.front()))) continue;
    std::string name;
    for (char const c : rest) {
      if (!std::isalnum(static_cast<unsigned char>(c))) break;
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    static constexpr std::string_view kAlone[] = {"br", "img", "hr", "meta", "p", "li"};
    static constexpr std::string_view kAloneToo[] = {"input", "link", "col", "wbr", "td", "tr", "th", "dt", "dd"};
    bool const alone = std::ranges::find(kAlone, name) != std::end(kAlone) ||
                       std::ranges::find(kAloneToo, name) != std::end(kAloneToo);
    if (!alone) deepest = std::max(deepest, ++depth);
  }
  return deepest;
}

bool is_skipped(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_SVG: return true;
    default: return false;
  }
}

bool is_inline(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_A:
    case GUMBO_TAG_ABBR:
    case GUMBO_TAG_B:
    case GUMBO_TAG_CODE:
    case GUMBO_TAG_EM:
    case GUMBO_TAG_I:
    case GUMBO_TAG_MARK:
    case GUMBO_TAG_S:
    case GUMBO_TAG_SMALL:
    case GUMBO_TAG_SPAN:
    case GUMBO_TAG_STRONG:
    case GUMBO_TAG_SUB:
    case GUMBO_TAG_SUP:
    case GUMBO_TAG_TIME:
    case GUMBO_TAG_U: return true;
    default: return false;
  }
}

std::string attribute(GumboElement const& element, char const* name) {
  auto const* const found = gumbo_get_attribute(&element.attributes, name);
  return found ? found->value : "";
}

class Walk {
 public:
  explicit Walk(ArticleBuilder& builder) : builder_(builder) {}

  void enter(GumboNode const& node) {
    if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE || node.type == GUMBO_NODE_CDATA) {
      if (text_.empty()) line_ = static_cast<int>(node.v.text.start_pos.line);
      text_ += node.v.text.text;
      return;
    }
    if (node.type != GUMBO_NODE_ELEMENT) return;
    auto const& element = node.v.element;
    if (element.tag == GUMBO_TAG_META) return meta(element);
    if (element.tag == GUMBO_TAG_BR) text_ += ' ';
    if (is_inline(element.tag) || element.tag == GUMBO_TAG_TD || element.tag == GUMBO_TAG_TH) return;
    flush();
    if (element.tag == GUMBO_TAG_LI || element.tag == GUMBO_TAG_TR) ++items_;
  }

  void leave(GumboNode const& node) {
    if (node.type != GUMBO_NODE_ELEMENT) return;
    auto const& element = node.v.element;
    if (is_inline(element.tag) || element.tag == GUMBO_TAG_META) return;
    if (element.tag == GUMBO_TAG_TD || element.tag == GUMBO_TAG_TH) {
      text_ += ", ";
      return;
    }
    if (element.tag == GUMBO_TAG_TITLE) {
      page_title_ = squeeze(text_);
      text_.clear();
    } else if (element.tag >= GUMBO_TAG_H1 && element.tag <= GUMBO_TAG_H6) {
      heading(element.tag - GUMBO_TAG_H1 + 1);
    } else {
      flush();
    }
    if (element.tag == GUMBO_TAG_LI || element.tag == GUMBO_TAG_TR) --items_;
  }

  // <title> counts where there is no h1.
  void finish() {
    if (!builder_.has_title() && !page_title_.empty()) builder_.title(page_title_, 1);
  }

 private:
  void flush() {
    auto said = squeeze(text_);
    while (said.ends_with(',') || said.ends_with(' ')) said.pop_back();
    text_.clear();
    builder_.text(said, line_, items_ > 0);
  }

  void heading(int level) {
    auto said = squeeze(text_);
    text_.clear();
    if (said.empty()) return;
    if (level == 1 && !builder_.has_title()) builder_.title(std::move(said), line_);
    else builder_.heading(std::max(2, level), std::move(said), line_);
  }

  void meta(GumboElement const& element) {
    auto const name = attribute(element, "name");
    // Pages carry many others (viewport, description): those are not ours.
    if (name == "valid_from" || name == "valid_until" || name == "audience" || name == "owner")
      builder_.meta(name, squeeze(attribute(element, "content")), static_cast<int>(element.start_pos.line));
  }

  ArticleBuilder& builder_;
  std::string text_, page_title_;
  int line_ = 1, items_ = 0;
};

void walk(GumboNode const& root, Walk& walk) {
  struct Step {
    GumboNode const* node;
    unsigned child;
  };
  std::vector<Step> path{{&root, 0}};
  walk.enter(root);
  while (!path.empty()) {
    auto& [node, child] = path.back();
    if (node->type == GUMBO_NODE_ELEMENT && child < node->v.element.children.length) {
      auto const* const next = static_cast<GumboNode const*>(node->v.element.children.data[child++]);
      if (next->type == GUMBO_NODE_ELEMENT && is_skipped(next->v.element.tag)) continue;
      walk.enter(*next);
      path.push_back({next, 0});
      continue;
    }
    walk.leave(*node);
    path.pop_back();
  }
}

}  // namespace

ParsedArticle parse_html(std::string_view text, std::string const& file) {
  ArticleBuilder builder(file);
  if (depth_of(text) > kDeepest) {
    builder.problem(1, "elements are nested deeper than 256: this is not an article");
    return builder.finish();
  }
  auto const options = kGumboDefaultOptions;
  auto* const output = gumbo_parse_with_options(&options, text.data(), text.size());
  Walk steps(builder);
  walk(*output->root, steps);
  steps.finish();
  gumbo_destroy_output(&options, output);
  return builder.finish();
}

}  // namespace sotto::inference
