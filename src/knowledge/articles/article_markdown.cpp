#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <md4c.h>

#include "knowledge/articles/article_builder.h"
#include "knowledge/articles/front_matter.h"
#include "knowledge/articles/markdown_source.h"

namespace sotto::knowledge {

namespace {

// Markdown as the page it makes. Line feeds are added so that everything stands in the line it has in the Markdown:
// what the page's reader says of a line is true of the file.
class Renderer {
 public:
  Renderer(std::string_view whole, std::size_t from) : whole_(whole) {
    for (; seen_ < from; ++seen_) line_ += whole_[seen_] == '\n';
  }

  int enter(MD_BLOCKTYPE type, void* detail) {
    switch (type) {
      case MD_BLOCK_QUOTE: return open("<blockquote>");
      case MD_BLOCK_UL: numbered_.push_back(false); return open("<ul>");
      case MD_BLOCK_OL: numbered_.push_back(true); return open("<ol>");
      case MD_BLOCK_LI: return open(!numbered_.empty() && numbered_.back() ? kNumbered : "<li>");
      case MD_BLOCK_H: return open(fmt::format("<h{}>", static_cast<MD_BLOCK_H_DETAIL*>(detail)->level));
      case MD_BLOCK_CODE: return open("<pre>");
      case MD_BLOCK_P: return open("<p>");
      case MD_BLOCK_TABLE: return open("<table>");
      case MD_BLOCK_THEAD: return open("<thead>");
      case MD_BLOCK_TBODY: return open("<tbody>");
      case MD_BLOCK_TR: return open("<tr>");
      case MD_BLOCK_TH: return open("<th>");
      case MD_BLOCK_TD: return open("<td>");
      default: return 0;
    }
  }

  int leave(MD_BLOCKTYPE type, void* detail) {
    switch (type) {
      case MD_BLOCK_QUOTE: return close("</blockquote>");
      case MD_BLOCK_UL: numbered_.pop_back(); return close("</ul>");
      case MD_BLOCK_OL: numbered_.pop_back(); return close("</ol>");
      case MD_BLOCK_LI: return close("</li>");
      case MD_BLOCK_H: return close(fmt::format("</h{}>", static_cast<MD_BLOCK_H_DETAIL*>(detail)->level));
      case MD_BLOCK_CODE: return close("</pre>");
      case MD_BLOCK_P: return close("</p>");
      case MD_BLOCK_TABLE: return close("</table>");
      case MD_BLOCK_THEAD: return close("</thead>");
      case MD_BLOCK_TBODY: return close("</tbody>");
      case MD_BLOCK_TR: return close("</tr>");
      case MD_BLOCK_TH: return close("</th>");
      case MD_BLOCK_TD: return close("</td>");
      default: return 0;
    }
  }

  int enter_span(MD_SPANTYPE type, void* detail) {
    if (type == MD_SPAN_A) {
      std::string to;
      auto const& href = static_cast<MD_SPAN_A_DETAIL*>(detail)->href;
      escape({href.text, href.size}, to);
      return open(fmt::format("<a href=\"{}\">", to));
    }
    if (type == MD_SPAN_IMG) {
      if (images_++ == 0) alt_.clear();
      return 0;
    }
    if (type == MD_SPAN_STRONG) return open("<b>");
    return type == MD_SPAN_DEL ? open("<del>") : 0;
  }

  int leave_span(MD_SPANTYPE type) {
    if (type == MD_SPAN_IMG && --images_ == 0) return open(fmt::format("<img alt=\"{}\">", alt_));
    if (type == MD_SPAN_A) return close("</a>");
    if (type == MD_SPAN_STRONG) return close("</b>");
    return type == MD_SPAN_DEL ? close("</del>") : 0;
  }

  int text(MD_TEXTTYPE type, std::string_view said) {
    auto& out = images_ > 0 ? alt_ : out_;
    if (images_ == 0) {
      number_item(said.data());
      stand(said.data());
      out_ += std::exchange(pending_, "");
    }
    switch (type) {
      case MD_TEXT_NULLCHAR: return 0;
      case MD_TEXT_BR: out += images_ > 0 ? " " : "<br>"; return 0;
      case MD_TEXT_SOFTBR: out += ' '; return 0;
      case MD_TEXT_ENTITY: out += said; return 0;
      case MD_TEXT_HTML: html(said); return 0;
      default: escape(said, out); return 0;
    }
  }

  std::string take() { return std::move(out_) + std::move(pending_); }

 private:
  int open(std::string_view tag) {
    pending_ += tag;
    return 0;
  }
  int close(std::string_view tag) {
    out_ += std::exchange(pending_, "");
    out_ += tag;
    return 0;
  }

  // The number that stands before an item, whatever it is in the list's order.
  void number_item(char const* at) {
    auto const tag = pending_.rfind(kNumbered);
    auto const offset = at - whole_.data();
    if (tag == std::string::npos || offset < 0 || offset > static_cast<std::ptrdiff_t>(whole_.size())) return;
    auto const number = item_number(whole_, static_cast<std::size_t>(offset));
    if (number >= 0) pending_.replace(tag, kNumbered.size(), fmt::format("<li value={}>", number));
  }

  // Line feeds up to the line of what comes.
  void stand(char const* at) {
    auto const offset = at - whole_.data();
    if (offset < 0 || offset > static_cast<std::ptrdiff_t>(whole_.size())) return;
    for (; seen_ < static_cast<std::size_t>(offset); ++seen_) line_ += whole_[seen_] == '\n';
    for (; counted_ < out_.size(); ++counted_) written_ += out_[counted_] == '\n';
    for (; written_ < line_; ++written_, ++counted_) out_ += '\n';
  }

  // What GitHub shows as text, for it would swallow all behind it.
  void html(std::string_view said) {
    static constexpr std::array<std::string_view, 7> kShown{"title",   "textarea", "xmp",      "iframe",
                                                            "noembed", "noframes", "plaintext"};
    auto& out = images_ > 0 ? alt_ : out_;
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (is_prose_in_angles(said.substr(i))) {
        out += "&lt;";
        continue;
      }
      std::string name;
      for (auto j = i + (said.substr(i).starts_with("</") ? 2 : 1); j < said.size() && name.size() < 12; ++j) {
        if (std::isalpha(static_cast<unsigned char>(said[j])) == 0) break;
        name += static_cast<char>(std::tolower(static_cast<unsigned char>(said[j])));
      }
      if (said[i] == '<' && std::ranges::find(kShown, name) != kShown.end()) out += "&lt;";
      else out += said[i];
    }
  }

  static void escape(std::string_view text, std::string& out) {
    for (char const c : text) {
      if (c == '&') out += "&amp;";
      else if (c == '<') out += "&lt;";
      else if (c == '>') out += "&gt;";
      else if (c == '"') out += "&quot;";
      else out += c;
    }
  }

  static constexpr std::string_view kNumbered = "<li >";  // to get its number from the source

  std::string_view const whole_;
  std::vector<bool> numbered_;  // of the lists we are in
  std::string out_, pending_, alt_;
  std::size_t seen_ = 0, counted_ = 0;
  int line_ = 1, written_ = 1;
  int images_ = 0;  // we are in
};

MD_PARSER const& renderer() {
  static MD_PARSER const parser{
      .abi_version = 0,
      .flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_NOINDENTEDCODEBLOCKS,
      .enter_block = [](auto type, void* detail,
                        void* data) { return static_cast<Renderer*>(data)->enter(type, detail); },
      .leave_block = [](auto type, void* detail,
                        void* data) { return static_cast<Renderer*>(data)->leave(type, detail); },
      .enter_span = [](auto type, void* detail,
                       void* data) { return static_cast<Renderer*>(data)->enter_span(type, detail); },
      .leave_span = [](auto type, void*, void* data) { return static_cast<Renderer*>(data)->leave_span(type); },
      .text = [](auto type, MD_CHAR const* text, MD_SIZE size,
                 void* data) { return static_cast<Renderer*>(data)->text(type, {text, size}); },
      .debug_log = nullptr,
      .syntax = nullptr};
  return parser;
}

}  // namespace

ParsedArticle parse_markdown(std::string_view given, std::string const& file) {
  ArticleBuilder builder(file);
  auto const mended = mended_tables(given, builder);
  std::string_view const text = mended;
  auto const from = read_front_matter(text, builder);
  refuse_stray_entries(text, from, true, builder);
  refuse_conflicts(text, builder);
  check_source(text, from, builder);
  Renderer page(text, from);
  auto const rest = text.substr(from);
  if (md_parse(rest.data(), static_cast<MD_SIZE>(rest.size()), &renderer(), &page) != 0)
    builder.problem(1, "cannot be read as Markdown");
  else read_html(page.take(), true, builder);
  return builder.finish();
}

}  // namespace sotto::knowledge
