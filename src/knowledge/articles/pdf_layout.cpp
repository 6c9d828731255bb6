#include "knowledge/articles/pdf_layout.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "knowledge/articles/article_builder.h"
#include "knowledge/articles/raised_text.h"

namespace sotto::knowledge {

namespace {

constexpr std::string_view kColumns =
    "level\tpage_num\tpar_num\tblock_num\tline_num\tword_num\tleft\ttop\twidth\theight";
constexpr double kGutter = 0.7;     // between columns, in heights of a letter
constexpr double kCellWords = 4.2;  // a cell of a table of two columns; more is a line of a text
constexpr double kCellWordsOfMany = 7;
constexpr std::size_t kColumnsMost = 50;  // more gaps are none between columns
constexpr std::size_t kHeightsMost = 40;  // words that tell how large a line is
constexpr double kLongest = 1e5;          // of any place and size, in points; a page of 14,400 is the largest

// A run of words that stand close together in one line.
struct Piece {
  std::string text;
  double left = 0, right = 0, top = 0, bottom = 0;
  std::array<int, 4> place{};                           // page, paragraph, block, line
  std::vector<std::pair<double, std::size_t>> heights;  // of its words, with their letters
  double height() const { return bottom - top; }
  // Of most of its letters: a raised mark or a large first word does not make a line larger.
  double size() const;
};
using Row = std::vector<Piece>;  // side by side, from left to right

struct Gap {
  double from = 0, to = 0;
  bool left = false, right = false;  // something stands there in one of the rows
};

double Piece::size() const {
  auto sorted = heights;
  std::ranges::sort(sorted);
  std::size_t letters = 0, half = 0;
  for (auto const& [height, count] : sorted) letters += count;
  for (auto const& [height, count] : sorted) {
    half += count;
    if (2 * half >= letters) return height;
  }
  return height();
}

// What stands behind a piece in its line. Small digits above or below the line are marks and powers.
void join(Piece& line, Piece const& next) {
  auto const size = line.size();
  auto const off = (next.top + next.bottom - line.top - line.bottom) / 2;
  bool const small = next.height() < 0.8 * size && std::abs(off) > 0.1 * size && next.text.size() <= 4;
  bool const touches = next.left - line.right < 0.2 * size;
  bool const sign = next.text.size() == 1 && std::ispunct(static_cast<unsigned char>(next.text.front())) != 0;
  line.text += (small || sign) && touches ? "" : " ";
  line.text += small ? raised_text(line.text, next.text, off > 0) : next.text;
  line.right = std::max(line.right, next.right);
  // Its own height stays that of the line.
  if (!small) line.top = std::min(line.top, next.top), line.bottom = std::max(line.bottom, next.bottom);
  if (line.heights.size() < kHeightsMost)
    line.heights.insert(line.heights.end(), next.heights.begin(), next.heights.end());
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= line.size() && out.size() < 12;) {
    auto const end = out.size() == 11 ? line.size() : std::min(line.find('\t', at), line.size());
    out.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

template <typename T>
T number(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// A place or a size: a number of a page, whatever stands there.
double length(std::string_view text) {
  auto const value = number<double>(text);
  return std::isfinite(value) ? std::clamp(value, -kLongest, kLongest) : 0;
}

// Dots that lead from a name to its price.
std::string without_leaders(std::string text) {
  for (auto at = text.find("...."); at != std::string::npos; at = text.find("....", at)) {
    auto const past = std::min(text.find_first_not_of(". ", at), text.size());
    text.replace(at, past - at, past == text.size() ? "" : ": ");
  }
  return squeeze(text);
}

// A word a line; pieces of one line that stand far apart are taken apart.
std::vector<std::vector<Piece>> pieces_of(std::string_view text) {
  std::vector<std::vector<Piece>> pages;
  for (std::size_t at = 0; at < text.size();) {
    auto const end = std::min(text.find('\n', at), text.size());
    auto const fields = fields_of(text.substr(at, end - at));
    at = end + 1;
    if (fields.size() < 12) continue;
    if (fields[0] == "1") pages.emplace_back();
    if (fields[0] != "5" || pages.empty()) continue;
    Piece word{
        .text = std::string(fields[11]),
        .left = length(fields[6]),
        .top = length(fields[7]),
        .place = {number<int>(fields[1]), number<int>(fields[2]), number<int>(fields[3]), number<int>(fields[4])}};
    word.right = word.left + std::max(0.0, length(fields[8]));
    word.bottom = word.top + std::max(0.0, length(fields[9]));
    word.heights = {{word.height(), word.text.size()}};
    auto& page = pages.back();
    bool const same = !page.empty() && page.back().place == word.place && word.left >= page.back().left &&
                      word.left - page.back().right < 1.5 * word.height();
    if (!same) {
      page.push_back(std::move(word));
      continue;
    }
    join(page.back(), word);
  }
  for (auto& page : pages) {
    for (auto& piece : page) piece.text = without_leaders(squeeze(piece.text));
    std::erase_if(page, [](Piece const& piece) { return piece.text.empty(); });
  }
  return pages;
}

// Letters of one or two that climb or fall: a slanting word.
std::size_t past_slant(std::vector<Piece> const& pieces, std::size_t from) {
  auto const is_small = [&](std::size_t i) { return i < pieces.size() && pieces[i].text.size() <= 3; };
  auto past = from;
  double right = 0, down = 0;  // from one to the next
  for (; is_small(past) && is_small(past + 1); ++past) {
    auto const x = pieces[past + 1].left - pieces[past].left, y = pieces[past + 1].top - pieces[past].top;
    auto const height = std::max(pieces[past].height(), pieces[past + 1].height());
    bool const near = std::abs(x) > 0.2 * height && std::abs(y) > 0.2 * height && std::hypot(x, y) < 3 * height;
    if (!near || (past > from && (x * right < 0 || y * down < 0))) break;
    right = x, down = y;
  }
  return past - from >= 2 ? past + 1 : from;
}

// Most letters of a page are this large.
double usual_size_of(std::vector<Piece> const& pieces) {
  Piece all;
  for (auto const& piece : pieces) all.heights.insert(all.heights.end(), piece.heights.begin(), piece.heights.end());
  return all.size();
}

// Takes out what is printed across the text, as stamps and watermarks are: letters that stand upright on the page, that
// slant, or that are far larger than others and stand below a text. A page of nothing else keeps them.
std::vector<std::string> take_across(std::vector<Piece>& pieces) {
  constexpr double kHuge = 2.5;  // times the usual size
  constexpr double kAbove = 8;   // words of a text above it
  auto const usual = usual_size_of(pieces);
  std::vector<double> tops;  // of words of the usual size
  for (auto const& piece : pieces) {
    if (std::abs(piece.size() - usual) < 0.1 * usual) tops.insert(tops.end(), piece.heights.size(), piece.top);
  }
  std::ranges::sort(tops);
  std::vector<std::string> out;
  std::vector<bool> taken(pieces.size(), false);
  std::size_t words = 0, left = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    auto const& piece = pieces[i];
    words += piece.heights.size();
    if (taken[i]) continue;
    if (auto const past = past_slant(pieces, i); past > i) {
      out.emplace_back();
      for (auto j = i; j < past; ++j) out.back() += pieces[j].text, taken[j] = true;
      continue;
    }
    bool const upright = piece.text.size() > 2 && piece.height() > 2 * (piece.right - piece.left);
    auto const above = std::ranges::lower_bound(tops, piece.top) - tops.begin();
    bool const huge = usual > 0 && piece.size() > kHuge * usual && static_cast<double>(above) >= kAbove;
    if (upright || huge) out.push_back(piece.text), taken[i] = true;
    else left += piece.heights.size();
  }
  if (2 * left < words) return {};
  std::size_t at = 0;
  std::erase_if(pieces, [&](Piece const&) { return taken[at++]; });
  return out;
}

// What stands at one height.
std::vector<Row> rows_of(std::vector<Piece> pieces) {
  std::ranges::sort(pieces,
                    [](Piece const& a, Piece const& b) { return std::pair(a.top, a.left) < std::pair(b.top, b.left); });
  std::vector<Row> out;
  double bottom = 0;  // of the last row
  for (auto& piece : pieces) {
    auto const middle = (piece.top + piece.bottom) / 2;
    bool const beside = !out.empty() && middle < bottom && middle > out.back().front().top;
    bottom = beside ? std::max(bottom, piece.bottom) : piece.bottom;
    if (!beside) out.emplace_back();
    out.back().push_back(std::move(piece));
  }
  for (auto& row : out) std::ranges::sort(row, {}, &Piece::left);
  return out;
}

// Where nothing stands in all of the rows: what is free in both. Each list is in order and its gaps lie apart; so do
// those that come out, for none is empty.
std::vector<Gap> both(std::vector<Gap> const& one, std::vector<Gap> const& other, double least) {
  std::vector<Gap> out;
  for (auto a = one.begin(), b = other.begin(); a != one.end() && b != other.end();) {
    Gap const gap{std::max(a->from, b->from), std::min(a->to, b->to), a->left || b->left, a->right || b->right};
    if (gap.to - gap.from >= std::max(least, 0.1)) out.push_back(gap);
    if (a->to < b->to) ++a;
    else ++b;
  }
  return out;
}

// Beside and between the pieces of a row.
std::vector<Gap> free_of(Row const& row) {
  constexpr double kFar = 1e6;
  std::vector<Gap> out;
  double from = -kFar;
  for (auto const& piece : row) {
    if (piece.left > from) out.push_back({from, piece.left, from > -kFar, true});
    from = std::max(from, piece.right);
  }
  out.push_back({from, kFar, true, false});
  return out;
}

// Those with something on both sides.
std::vector<Gap> inner(std::vector<Gap> gaps) {
  std::erase_if(gaps, [](Gap const& gap) { return !gap.left || !gap.right; });
  return gaps;
}

double words_of(Piece const& piece) { return count_words(piece.text); }

std::size_t column_of(Piece const& piece, std::vector<Gap> const& gutters) {
  auto const middle = (piece.left + piece.right) / 2;
  return static_cast<std::size_t>(std::ranges::lower_bound(gutters, middle, {}, &Gap::from) - gutters.begin());
}

bool is_table(std::vector<Row> const& rows, std::size_t from, std::size_t past, std::vector<Gap> const& gutters) {
  double words = 0, cells = 0, ended = 0, begun = 0;
  for (auto i = from; i < past; ++i) {
    for (auto const& piece : rows[i]) {
      words += words_of(piece);
      ++cells;
      ended += piece.text.ends_with('.') && words_of(piece) > 1 ? 1 : 0;
      begun += std::islower(static_cast<unsigned char>(piece.text.front())) != 0 ? 1 : 0;
    }
  }
  auto const most = gutters.size() > 1 ? kCellWordsOfMany : kCellWords;
  // Lines of a text end sentences and go on in small letters.
  if (words / cells > 2.5 && (ended + begun) / cells > 0.3) return false;
  return words / cells <= most;
}

class Page {
 public:
  explicit Page(std::vector<Piece> pieces) : rows_(rows_of(std::move(pieces))) {}

  PdfPage read() {
    for (std::size_t at = 0; at < rows_.size();) {
      std::vector<Gap> gutters;
      auto const past = run_from(at, gutters);
      if (gutters.empty()) {
        line(rows_[at], at == 0);
        ++at;
        continue;
      }
      if (is_table(rows_, at, past, gutters)) table(at, past, gutters);
      else columns(at, past, gutters);
      at = past;
    }
    mark_early_ends();
    return std::move(out_);
  }

 private:
  // A line that ends long before the others of its column do ends its paragraph.
  void mark_early_ends() {
    std::map<int, double> right;  // of each column
    for (std::size_t i = 0; i < out_.size(); ++i) right[of_column_[i]] = std::max(right[of_column_[i]], right_[i]);
    for (std::size_t i = 0; i < out_.size(); ++i) out_[i].ends_early = right_[i] < 0.7 * right[of_column_[i]];
  }

  // The rows from `at` on that share a gutter; none where it has none. What stands beside something lower begins one
  // too.
  std::size_t run_from(std::size_t at, std::vector<Gap>& gutters) const {
    bool const beside = at + 1 < rows_.size() && rows_[at + 1].front().top < rows_[at].front().bottom;
    if (rows_[at].size() < 2 && !beside) return at + 1;
    auto const least = kGutter * rows_[at].front().height();
    auto gaps = free_of(rows_[at]);
    auto inside = inner(gaps);
    auto past = at + 1, sure = at + 1;  // up to the last row that stands on both sides
    for (; past < rows_.size(); ++past) {
      auto fewer = both(gaps, free_of(rows_[past]), least);
      auto still = inner(fewer);
      if (still.empty() || far_apart(past)) break;
      // A line across one of the gutters ends them; a row of several pieces may tell that one was none.
      if (rows_[past].size() == 1 && still.size() < inside.size()) break;
      gaps = std::move(fewer);
      inside = std::move(still);
      // One row alone is two things in one line: a name and its number.
      if (rows_[past].size() > 1 || belongs(past, at, sure)) sure = past + 1, gutters = inside;
    }
    if (gutters.size() > kColumnsMost) gutters.clear();
    return gutters.empty() ? at + 1 : sure;
  }

  // A gap of three lines and more ends what stands side by side.
  bool far_apart(std::size_t at) const {
    return rows_[at].front().top - rows_[at - 1].front().bottom > 3 * rows_[at - 1].front().height();
  }

  // A line alone goes on with a column above it: beside it, of the same block, or not at the left edge.
  bool belongs(std::size_t row, std::size_t from, std::size_t to) const {
    auto const& piece = rows_[row].front();
    if (piece.top < rows_[row - 1].front().bottom) return true;  // beside the line before it
    for (auto i = from; i < to; ++i) {
      for (auto const& other : rows_[i]) {
        bool const block = std::equal(other.place.begin(), other.place.begin() + 3, piece.place.begin());
        bool const right = std::abs(other.left - piece.left) < 2 && piece.left > rows_[i].front().right;
        if (block || right) return true;
      }
    }
    return false;
  }

  void add(Piece const& piece, bool apart) {
    of_column_.push_back(column_);
    right_.push_back(piece.right - (column_ == 0 ? 0 : column_left_));
    out_.push_back(
        {.text = piece.text, .number = 0, .size = piece.size(), .top = piece.top, .apart = apart, .table = {}});
  }

  void line(Row const& row, bool first) {
    Piece whole = row.front();
    for (std::size_t i = 1; i < row.size(); ++i) join(whole, row[i]);
    add(whole, first || is_apart(whole));
    last_ = whole;
  }

  bool is_apart(Piece const& piece) const {
    if (!last_ || last_->top > piece.top) return true;
    auto const gap = piece.top - last_->bottom;
    return gap > 0.65 * std::min(piece.height(), last_->height()) && gap > 1.3 * usual_gap();
  }

  // Between lines of this page that belong together: most gaps are.
  double usual_gap() const {
    if (usual_ >= 0) return usual_;
    std::vector<double> gaps;
    for (std::size_t i = 1; i < rows_.size(); ++i) {
      auto const gap = rows_[i].front().top - rows_[i - 1].front().bottom;
      if (gap >= 0 && gap < 1.5 * rows_[i].front().height()) gaps.push_back(gap);
    }
    if (gaps.size() < 4) return usual_ = 0;
    auto const middle = gaps.begin() + static_cast<long>(gaps.size() / 3);
    std::ranges::nth_element(gaps, middle);
    return usual_ = *middle;
  }

  void columns(std::size_t from, std::size_t past, std::vector<Gap> const& gutters) {
    for (std::size_t column = 0; column <= gutters.size(); ++column) {
      bool first = true;
      column_ = ++columns_;
      column_left_ = column == 0 ? 0 : gutters[column - 1].to;
      for (auto i = from; i < past; ++i) {
        Row of_column;
        for (auto const& piece : rows_[i]) {
          if (column_of(piece, gutters) == column) of_column.push_back(piece);
        }
        if (of_column.empty()) continue;
        line(of_column, first);
        first = false;
      }
    }
    column_ = 0;
    last_.reset();
  }

  void table(std::size_t from, std::size_t past, std::vector<Gap> const& gutters) {
    PdfLine out{.text = "", .number = 0, .size = 0, .apart = true, .table = {}};
    for (auto i = from; i < past; ++i) {
      TableRow row{.cells = std::vector<TableCell>(gutters.size() + 1), .head = false, .line = 0};
      for (auto const& piece : rows_[i]) {
        auto& cell = row.cells[column_of(piece, gutters)].text;
        cell += (cell.empty() ? "" : " ") + piece.text;
      }
      // Without a first cell it goes on with the row above, and so does a first cell alone in small letters.
      bool const alone =
          std::all_of(row.cells.begin() + 1, row.cells.end(), [](auto const& cell) { return cell.text.empty(); });
      auto const& first = row.cells.front().text;
      bool const small = alone && !first.empty() && std::islower(static_cast<unsigned char>(first.front())) != 0;
      bool const goes_on = (first.empty() || small) && !out.table.empty();
      if (!goes_on) {
        out.table.push_back(std::move(row));
        continue;
      }
      for (std::size_t column = 0; column < row.cells.size(); ++column) {
        auto const& more = row.cells[column].text;
        auto& cell = out.table.back().cells[column].text;
        if (!more.empty()) cell += (cell.empty() ? "" : " ") + more;
      }
    }
    out_.push_back(std::move(out));
    of_column_.push_back(0);
    right_.push_back(0);
    last_.reset();
  }

  std::vector<Row> rows_;
  PdfPage out_;
  std::vector<int> of_column_;  // of each of them; 0: of the page
  std::vector<double> right_;   // where each ends, from its column's left edge on
  int column_ = 0, columns_ = 0;
  double column_left_ = 0;
  std::optional<Piece> last_;
  mutable double usual_ = -1;
};

}  // namespace

bool is_pdf_layout(std::string_view text) { return text.starts_with(kColumns); }

std::vector<PdfPage> pages_of_layout(std::string_view text) {
  std::vector<PdfPage> out;
  for (auto& page : pieces_of(text)) {
    auto across = take_across(page);
    auto& lines = out.emplace_back(Page(std::move(page)).read());
    for (auto& mark : across) lines.push_back({.text = std::move(mark), .across = true, .table = {}});
  }
  return out;
}

}  // namespace sotto::knowledge
