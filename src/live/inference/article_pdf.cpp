#include <algorithm>
#include <cctype>
#include <map>

#include "live/inference/article_builder.h"

namespace sotto::inference {

namespace {

struct Line {
  std::string text;
  int number = 0;
};

std::vector<std::vector<Line>> pages_of(std::string_view text) {
  std::vector<std::vector<Line>> pages(1);
  std::string line;
  int number = 1;
  auto const flush = [&] { pages.back().push_back({squeeze(line), number}), line.clear(); };
  for (char const c : text) {
    if (c == '\n') {
      flush();
      ++number;
    } else if (c == '\f') {
      if (!line.empty()) flush();
      pages.emplace_back();
    } else {
      line += c;
    }
  }
  if (!line.empty()) flush();
  return pages;
}

// The same but for its digits: "Page 3 of 9".
std::string without_digits(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (!std::isdigit(static_cast<unsigned char>(c))) out += c;
  }
  return squeeze(out);
}

// "3", "- 3 -", "Page 3 of 9".
bool is_page_number(std::string_view line) {
  std::string letters;
  for (unsigned char const c : line) {
    if (std::isalpha(c) != 0 || c >= 0x80) letters += static_cast<char>(std::tolower(c));
  }
  return letters.empty() || letters == "page" || letters == "pageof" || letters == "p" || letters == "of";
}

// What stands at the top or the bottom of three pages or more is not text; nor is a page's number.
void drop_running_lines(std::vector<std::vector<Line>>& pages) {
  std::map<std::string, int> times;
  auto const each_edge = [&](std::vector<Line>& page, auto const& visit) {
    auto const first = std::ranges::find_if(page, [](Line const& l) { return !l.text.empty(); });
    if (first == page.end()) return;
    auto const last =
        std::find_if(page.rbegin(), page.rend(), [](Line const& l) { return !l.text.empty(); }).base() - 1;
    visit(*first);
    if (last != first) visit(*last);
  };
  for (auto& page : pages) each_edge(page, [&](Line const& line) { ++times[without_digits(line.text)]; });
  for (auto& page : pages) {
    each_edge(page, [&](Line& line) {
      if (is_page_number(line.text) || times[without_digits(line.text)] >= 3) line.text.clear();
    });
  }
}

bool is_bullet(std::string_view line) {
  for (std::string_view const mark : {"• ", "◦ ", "▪ ", "– ", "- ", "* ", "o "}) {
    if (line.starts_with(mark)) return true;
  }
  return false;
}

std::string without_bullet(std::string_view line) { return std::string(line.substr(line.find(' ') + 1)); }

bool is_heading(std::string_view line) {
  if (line.empty() || count_words(line) > kHeadlineWords || line.size() > 80 || is_bullet(line)) return false;
  auto const first = static_cast<unsigned char>(line.front());
  if (std::islower(first) || std::string_view(".,;:").find(line.back()) != std::string_view::npos) return false;
  return std::ranges::any_of(line, [](unsigned char c) { return std::isalpha(c) != 0; });
}

class Blocks {
 public:
  explicit Blocks(ArticleBuilder& builder) : builder_(builder) {}

  void line(Line const& line, bool next_empty) {
    if (line.text.empty()) return flush();
    if (!builder_.has_title()) return builder_.title(line.text, line.number);
    if (auto const colon = line.text.find(':'); !any_text_ && colon != std::string::npos) {
      if (builder_.meta(line.text.substr(0, colon), squeeze(line.text.substr(colon + 1)), line.number)) return;
    }
    any_text_ = true;
    if (is_bullet(line.text)) flush();
    // A short line by itself, or one after which a sentence begins.
    if (block_.empty() && is_heading(line.text) && (next_empty || line.text.size() < 60)) {
      pending_ = line;
      if (next_empty) heading();
      return;
    }
    if (!pending_.text.empty()) settle(line);
    if (block_.empty()) line_ = line.number, item_ = is_bullet(line.text);
    auto const text = is_bullet(line.text) ? without_bullet(line.text) : line.text;
    bool const hyphen = block_.size() > 1 && block_.ends_with('-') &&
                        std::isalpha(static_cast<unsigned char>(block_[block_.size() - 2])) &&
                        std::islower(static_cast<unsigned char>(text.front()));
    if (hyphen) block_.pop_back();
    else if (!block_.empty()) block_ += ' ';
    block_ += text;
  }
  void flush() {
    if (!pending_.text.empty()) heading();
    builder_.text(block_, line_, item_);
    block_.clear();
  }

 private:
  void heading() {
    builder_.heading(2, pending_.text, pending_.number);
    pending_ = {};
  }
  // The line after a short one: a sentence begins, or the short one began it.
  void settle(Line const& line) {
    auto const first = static_cast<unsigned char>(line.text.front());
    if (std::islower(first) || std::isdigit(first)) {
      block_ = pending_.text;
      line_ = pending_.number;
      item_ = false;
      pending_ = {};
    } else {
      heading();
    }
  }

  ArticleBuilder& builder_;
  std::string block_;
  Line pending_;
  int line_ = 0;
  bool item_ = false, any_text_ = false;
};

}  // namespace

ParsedArticle parse_pdf_text(std::string_view text, std::string const& file) {
  ArticleBuilder builder(file);
  auto pages = pages_of(text);
  drop_running_lines(pages);
  bool const any = std::ranges::any_of(pages, [](std::vector<Line> const& page) {
    return std::ranges::any_of(page, [](Line const& line) { return !is_page_number(line.text); });
  });
  if (!any) {
    ParsedArticle refused;
    refused.problems.push_back(
        {file, 1,
         "the PDF holds no text, only pictures of pages: recognise its text first, or write the article anew"});
    return refused;
  }
  Blocks blocks(builder);
  for (auto const& page : pages) {
    for (std::size_t i = 0; i < page.size(); ++i)
      blocks.line(page[i], i + 1 == page.size() || page[i + 1].text.empty());
  }
  blocks.flush();
  return builder.finish();
}

}  // namespace sotto::inference
