#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "base/unicode.h"
#include "base/utf8.h"
#include "knowledge/articles/article_builder.h"
#include "knowledge/articles/front_matter.h"
#include "knowledge/articles/pdf_layout.h"

namespace sotto::knowledge {

namespace {

constexpr double kLarger = 1.08;  // a heading's letters beside those of the text

// What has no places: a form feed a page, an empty line between paragraphs.
std::vector<PdfPage> pages_of_text(std::string_view text) {
  std::vector<PdfPage> pages(1);
  int number = 1;
  bool apart = true;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find_first_of("\n\f", at), text.size());
    auto line = squeeze(text.substr(at, end - at));
    bool const empty = line.empty();
    if (!empty)
      pages.back().push_back({.text = std::move(line), .number = number, .size = 0, .apart = apart, .table = {}});
    apart = empty;
    if (end < text.size() && text[end] == '\f') pages.emplace_back(), apart = true;
    else ++number;
    at = end + 1;
  }
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

void drop_across(std::vector<PdfPage>& pages, ArticleBuilder& builder) {
  std::set<std::string> said;
  for (auto& page : pages) {
    for (auto const& line : page) {
      if (line.across && said.insert(line.text).second)
        builder.left_out(line.number, "printed across the page", line.text);
    }
    std::erase_if(page, &PdfLine::across);
  }
}

// What stands at the top or the bottom of three pages or more is not text; nor is what stands at the same place of two,
// in smaller letters than the text, nor a page's number.
class RunningLines {
 public:
  RunningLines(std::vector<PdfPage>& pages, ArticleBuilder& builder) : pages_(pages), builder_(builder) {}

  void drop() {
    usual_ = usual_size();
    // Of several lines one is at the edge when the one beyond it is gone.
    for (int round = 0, dropped = 1; round < 4 && dropped > 0; ++round) {
      count();
      dropped = 0;
      for (auto& page : pages_) {
        if (!page.empty() && runs(page.back(), round == 0)) page.pop_back(), ++dropped;
        if (page.empty() || !runs(page.front(), round == 0)) continue;
        page.erase(page.begin());
        ++dropped;
        if (!page.empty()) page.front().apart = true;
      }
    }
  }

 private:
  static std::string place_of(PdfLine const& line) {
    return without_digits(line.text) + "\n" + std::to_string(std::lround(line.top));
  }

  // Of most letters away from the edges.
  double usual_size() const {
    std::map<long, std::size_t> letters;
    for (auto const& page : pages_) {
      for (std::size_t i = 1; i + 1 < page.size(); ++i) letters[std::lround(page[i].size * 10)] += page[i].text.size();
    }
    auto const most = std::ranges::max_element(letters, {}, [](auto const& entry) { return entry.second; });
    return most == letters.end() ? 0 : static_cast<double>(most->first) / 10;
  }

  void count() {
    times_.clear(), placed_.clear();
    for (auto const& page : pages_) {
      std::set<std::string> edges, places;
      if (page.empty()) continue;
      for (auto const* line : {&page.front(), &page.back()}) {
        if (line->table.empty()) edges.insert(without_digits(line->text)), places.insert(place_of(*line));
      }
      for (auto const& edge : edges) ++times_[edge];
      for (auto const& place : places) ++placed_[place];
    }
  }

  bool runs(PdfLine const& line, bool first) {
    if (!line.table.empty()) return false;
    bool const often = first && times_[without_digits(line.text)] >= 3;
    bool const small = line.size > 0 && line.size < 0.95 * usual_;
    bool const running = often || (small && placed_[place_of(line)] >= 2);
    if (running && !is_page_number(line.text) && said_.insert(without_digits(line.text)).second)
      builder_.left_out(line.number, "at the edge of several pages", line.text);
    return running || (first && is_page_number(line.text));
  }

  std::vector<PdfPage>& pages_;
  ArticleBuilder& builder_;
  double usual_ = 0;
  std::map<std::string, int> times_, placed_;
  std::set<std::string> said_;
};

bool is_bullet(std::string_view line) {
  for (std::string_view const mark : {"• ", "◦ ", "▪ ", "– ", "- ", "* ", "o ", "● ", "■ ", "\uf0b7 "}) {
    if (line.starts_with(mark)) return true;
  }
  return false;
}

std::string without_bullet(std::string_view line) { return std::string(line.substr(line.find(' ') + 1)); }

bool has_digit(std::string_view line) {
  return std::ranges::any_of(line, [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Short, and neither the middle nor the end of a sentence.
bool is_short(std::string_view line) {
  if (line.empty() || count_words(line) > kHeadlineWords || line.size() > 80 || is_bullet(line)) return false;
  auto const first = static_cast<unsigned char>(line.front());
  if (std::islower(first) || std::string_view(".,;:").find(line.back()) != std::string_view::npos) return false;
  return std::ranges::any_of(line, [](unsigned char c) { return std::isalpha(c) != 0; });
}

class Reading {
 public:
  Reading(std::vector<PdfLine> lines, ArticleBuilder& builder) : lines_(std::move(lines)), builder_(builder) {}

  void run() {
    usual_ = usual_size();
    auto at = title();
    for (auto i = at; i < lines_.size(); ++i) {
      if (is_larger(lines_[i])) larger_.insert(std::lround(lines_[i].size));
    }
    while (at < lines_.size() && entry(at)) ++at;
    for (; at < lines_.size(); ++at) {
      auto const& line = lines_[at];
      if (auto const name = stray_entry(line.text); !name.empty())
        builder_.problem(line.number, "\"" + name + "\" is read directly below the title only: move it there");
      if (!line.table.empty()) table(line);
      else if (is_heading(at)) heading(line, at);
      else add(line, at);
    }
    flush();
    say_heading();
  }

 private:
  // The size of most words.
  double usual_size() const {
    std::map<long, int> words;
    for (auto const& line : lines_) words[std::lround(line.size * 2)] += count_words(line.text);
    auto const most = std::ranges::max_element(words, {}, [](auto const& entry) { return entry.second; });
    return most == words.end() ? 0 : static_cast<double>(most->first) / 2;
  }

  bool is_larger(PdfLine const& line) const { return line.size > kLarger * usual_ && usual_ > 0; }

  // The largest line among the first ones, and those of its size that follow; returns where the rest begins.
  std::size_t title() {
    constexpr std::size_t kFirst = 12;
    std::size_t best = 0;
    while (best < lines_.size() && !lines_[best].table.empty()) ++best;
    if (best == lines_.size()) return 0;
    for (std::size_t i = best + 1; i < std::min(kFirst, lines_.size()); ++i) {
      if (lines_[i].size > kLarger * lines_[best].size && is_larger(lines_[i])) best = i;
    }
    for (std::size_t i = 0; i < best; ++i) builder_.left_out(lines_[i].number, "above the title", lines_[i].text);
    auto text = lines_[best].text;
    auto past = best + 1;
    for (; past < lines_.size() && is_larger(lines_[best]) && lines_[past].table.empty() && !lines_[past].apart &&
           std::abs(lines_[past].size - lines_[best].size) < 0.5;
         ++past)
      text += " " + lines_[past].text;
    builder_.title(std::move(text), lines_[best].number);
    return past;
  }

  // "valid_until: 2026-03-31" directly below the title.
  bool entry(std::size_t at) {
    auto const& line = lines_[at];
    auto const colon = line.text.find(':');
    if (!line.table.empty() || colon == std::string::npos) return false;
    return builder_.meta(line.text.substr(0, colon), squeeze(line.text.substr(colon + 1)), line.number);
  }

  bool short_at(std::size_t at) const {
    if (at >= lines_.size() || !lines_[at].table.empty() || !is_short(lines_[at].text)) return false;
    // Not where its sentence goes on in the next line.
    if (at + 1 == lines_.size() || lines_[at + 1].apart || !lines_[at + 1].table.empty()) return true;
    return std::islower(static_cast<unsigned char>(lines_[at + 1].text.front())) == 0;
  }

  // Larger letters; or a short line by itself, or one behind which a sentence begins. Of several short lines in a row
  // none is, but for one without a digit above others with digits.
  bool is_heading(std::size_t at) const {
    auto const& line = lines_[at];
    if (is_larger(line)) return count_words(line.text) <= 2 * kHeadlineWords;
    if (!larger_.empty()) return false;  // this writer's headings are larger
    if (!short_at(at) || (!line.apart && !block_.empty() && !ends_sentence(block_))) return false;
    bool const last = at + 1 == lines_.size();
    if (last) return false;  // a heading of nothing
    auto const& next = lines_[at + 1];
    if (!next.table.empty()) return line.apart;
    if (is_larger(next)) return false;
    if (!next.apart && line.text.size() >= 60) return false;
    auto const first = static_cast<unsigned char>(next.text.front());
    bool const goes_on = !next.apart && (std::islower(first) != 0 || std::isdigit(first) != 0);
    if (goes_on) return false;
    if (!short_at(at + 1) || is_item(at + 1)) return true;
    bool const names_numbers = !has_digit(line.text) && has_digit(next.text);
    if (next.apart && line.apart) return names_numbers || followed_by_text(at + 1);
    return names_numbers && (line.apart || block_.empty());
  }
  bool is_item(std::size_t at) const { return is_bullet(lines_[at].text); }
  static bool ends_sentence(std::string_view text) {
    return std::string_view(".!?:").find(text.back()) != std::string_view::npos;
  }
  // Of a short line by itself: a text stands behind it, so that it and what is above it are headings.
  bool followed_by_text(std::size_t at) const {
    return at + 1 < lines_.size() && (!lines_[at + 1].table.empty() || !short_at(at + 1));
  }

  void heading(PdfLine const& line, std::size_t at) {
    flush();
    // Directly below another of its size: one deeper, so that the words of the upper one are not lost.
    bool const below = heading_at_ + 1 == at && at > 0 && std::abs(lines_[at - 1].size - line.size) < 0.5;
    bool const same_line = below && !line.apart && is_larger(line);
    if (same_line) heading_ += " " + line.text;
    else {
      auto const level = is_larger(line) ? level_of(line.size) : below ? std::min(level_ + 1, 6) : 5;
      if (level > level_) settle();
      say_heading();
      level_ = level;
      heading_ = line.text;
      heading_line_ = line.number;
    }
    heading_at_ = at;
  }
  // 2 for the largest.
  int level_of(double size) const {
    auto const more = std::distance(larger_.upper_bound(std::lround(size)), larger_.end());
    return static_cast<int>(std::min<long>(4, 2 + more));
  }
  // What was taken for a heading has no text below it: then it is one.
  void say_heading() {
    if (!heading_.empty()) builder_.text(std::exchange(heading_, ""), heading_line_, true);
  }
  void settle() {
    if (heading_.empty()) return;
    builder_.heading(level_, std::exchange(heading_, ""), heading_line_);
  }

  void table(PdfLine const& line) {
    flush();
    settle();
    for (auto& [text, key, cells, number] : table_units(line.table))
      builder_.row(std::move(text), std::move(key), std::move(cells), line.number);
  }

  void add(PdfLine const& line, std::size_t at) {
    settle();
    bool const bullet = is_bullet(line.text);
    // Short lines in a row stand by themselves: a list, an address.
    bool const alone = short_at(at) && at > 0 && short_at(at - 1) && !is_heading(at - 1);
    bool const anew = at > 0 && lines_[at - 1].ends_early && lines_[at - 1].table.empty() &&
                      std::islower(static_cast<unsigned char>(line.text.front())) == 0;
    if (line.apart || bullet || alone || anew) flush();
    if (block_.empty()) line_ = line.number, bullet_ = bullet, item_ = bullet || short_at(at);
    else item_ = bullet_;  // it goes on: no short line
    auto const text = bullet ? without_bullet(line.text) : line.text;
    bool const hyphen = block_.size() > 1 && block_.ends_with('-') &&
                        std::isalpha(static_cast<unsigned char>(block_[block_.size() - 2])) != 0 &&
                        std::islower(static_cast<unsigned char>(text.front())) != 0;
    if (hyphen) block_.pop_back();
    else if (!block_.empty()) block_ += ' ';
    block_ += text;
  }

  void flush() {
    if (block_.empty()) return;
    builder_.text(block_, line_, item_);
    block_.clear();
  }

  std::vector<PdfLine> const lines_;
  ArticleBuilder& builder_;
  double usual_ = 0;
  std::string block_, heading_;
  std::size_t heading_at_ = static_cast<std::size_t>(-2);
  int line_ = 0, level_ = 3, heading_line_ = 0;
  bool item_ = false, bullet_ = false;
  std::set<long> larger_;  // sizes of headings in larger letters, without the title
};

// A table that goes on over the page is one.
std::vector<PdfLine> joined(std::vector<PdfPage> pages) {
  std::vector<PdfLine> out;
  auto const cells = [](PdfLine const& line) { return line.table.empty() ? 0 : line.table.front().cells.size(); };
  for (auto& page : pages) {
    if (!page.empty() && !out.empty() && cells(page.front()) > 0 && cells(page.front()) == cells(out.back())) {
      auto& table = out.back().table;
      auto& more = page.front().table;
      bool const again =
          std::ranges::equal(table.front().cells, more.front().cells, {}, &TableCell::text, &TableCell::text);
      table.insert(table.end(), more.begin() + (again ? 1 : 0), more.end());
      page.erase(page.begin());
    }
    std::ranges::move(page, std::back_inserter(out));
  }
  return out;
}

}  // namespace

ParsedArticle parse_pdf_text(std::string_view text, std::string const& file) {
  ParsedArticle refused;
  if (!is_utf8(text)) {
    refused.problems.push_back({file, 1, "the text of the PDF is not UTF-8: save it anew"});
    return refused;
  }
  ArticleBuilder builder(file);
  auto pages = is_pdf_layout(text) ? pages_of_layout(text) : pages_of_text(text);
  bool const any = std::ranges::any_of(pages, [](PdfPage const& page) {
    return std::ranges::any_of(page,
                               [](PdfLine const& line) { return !line.table.empty() || !is_page_number(line.text); });
  });
  if (!any) {
    refused.problems.push_back(
        {file, 1,
         "the PDF holds no text, only pictures of pages: recognise its text first, or write the article anew"});
    return refused;
  }
  drop_across(pages, builder);
  RunningLines(pages, builder).drop();
  auto lines = joined(std::move(pages));
  Reading(std::move(lines), builder).run();
  return builder.finish();
}

}  // namespace sotto::knowledge
