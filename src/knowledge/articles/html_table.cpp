#include "knowledge/articles/html_table.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace sotto::knowledge {

namespace {

constexpr int kColumnsMost = 100, kRowsMost = 2000;  // that one cell may span

struct Place {
  std::string text;
  bool head = false, bold = false;
  bool again = false;  // of a cell that began to the left of it
};
struct Line {
  std::vector<Place> places;
  bool head = false, foot = false;
  int line = 0;
};

bool has_digit(std::string const& text) {
  return std::ranges::any_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

// More than a dash for what is not there.
bool says_something(std::string const& text) {
  return std::ranges::any_of(text, [](unsigned char c) { return std::isalnum(c) != 0; });
}

// Every cell in each column and row that it spans.
std::vector<Line> grid_of(std::vector<TableRow> const& rows) {
  std::vector<Line> out;
  std::map<std::size_t, std::pair<Place, int>> open;  // column -> cell from above, rows that it still spans
  for (auto const& row : rows) {
    Line line{.places = {}, .head = row.head, .foot = row.foot, .line = row.line};
    auto const fill = [&] {
      for (auto found = open.find(line.places.size()); found != open.end(); found = open.find(line.places.size())) {
        line.places.push_back(found->second.first);
        if (--found->second.second == 0) open.erase(found);
      }
    };
    for (auto const& cell : row.cells) {
      fill();
      auto const columns = std::clamp(cell.columns, 1, kColumnsMost), spanned = std::clamp(cell.rows, 1, kRowsMost);
      for (int i = 0; i < columns && line.places.size() < static_cast<std::size_t>(kColumnsMost); ++i) {
        Place place{cell.text, cell.head, cell.bold, i > 0};
        if (spanned > 1) open[line.places.size()] = {place, spanned - 1};
        line.places.push_back(std::move(place));
      }
    }
    fill();
    bool const empty = std::ranges::all_of(line.places, [](Place const& place) { return place.text.empty(); });
    if (!empty) out.push_back(std::move(line));
  }
  return out;
}

bool is_one_cell(Line const& line) {
  return line.places.size() > 1 && std::all_of(line.places.begin() + 1, line.places.end(), [&](Place const& place) {
           return place.again || (line.places.size() > 2 && place.text.empty() && !line.places.front().text.empty());
         });
}

// Nothing is marked: does the first row name the columns?
bool names_columns(std::vector<Line> const& grid) {
  if (grid.size() < 2 || grid[0].places.size() < 2) return false;
  auto const& first = grid[0].places;
  bool const filled = std::ranges::count_if(first, [](Place const& place) { return !place.text.empty(); }) >=
                      static_cast<long>(first.size()) - 1;
  if (!filled || is_one_cell(grid[0])) return false;
  auto const is_bold = [](Place const& place) { return place.bold || place.text.empty(); };
  if (std::ranges::all_of(first, is_bold)) return !std::ranges::all_of(grid[1].places, is_bold);
  if (grid.size() < 3 || std::ranges::any_of(first, [](Place const& place) { return has_digit(place.text); }))
    return false;
  for (std::size_t column = 0; column < first.size(); ++column) {
    std::size_t said = 0, digits = 0;
    for (auto line = grid.begin() + 1; line != grid.end(); ++line) {
      if (column >= line->places.size()) continue;
      said += says_something(line->places[column].text) ? 1 : 0;
      digits += has_digit(line->places[column].text) ? 1 : 0;
    }
    if (said > 1 && digits == said && 2 * said >= grid.size() - 1) return true;
  }
  return false;
}

std::size_t heads_in(std::vector<Line> const& grid) {
  std::size_t count = 0;
  while (count < grid.size()) {
    auto const& [places, head, foot, line] = grid[count];
    bool const marked =
        std::ranges::all_of(places, [](Place const& place) { return place.head || place.text.empty(); });
    if (!head && !marked) break;
    ++count;
  }
  if (count == grid.size()) count = 0;  // nothing but heads: they are the text
  return count > 0 ? count : names_columns(grid) ? 1 : 0;
}

std::vector<std::string> heads_of(std::vector<Line> const& grid, std::size_t rows) {
  std::vector<std::string> out;
  for (std::size_t row = 0; row < rows; ++row) {
    auto const& places = grid[row].places;
    out.resize(std::max(out.size(), places.size()));
    for (std::size_t column = 0; column < places.size(); ++column) {
      auto const& text = places[column].text;
      bool const again = row > 0 && column < grid[row - 1].places.size() && grid[row - 1].places[column].text == text;
      if (!text.empty() && !again) out[column] += (out[column].empty() ? "" : " ") + text;
    }
  }
  return out;
}

bool is_again(Place const& place) { return place.again; }

}  // namespace

std::vector<TableUnit> table_units(std::vector<TableRow> const& rows) {
  auto const grid = grid_of(rows);
  auto const head_rows = heads_in(grid);
  auto const heads = heads_of(grid, head_rows);
  std::vector<TableUnit> out;
  std::string group;
  for (auto row = head_rows; row < grid.size(); ++row) {
    auto const& line = grid[row];
    if (!line.foot && is_one_cell(line) && row + 1 < grid.size() && !is_one_cell(grid[row + 1]) &&
        !grid[row + 1].foot) {
      group = line.places.front().text;
      continue;
    }
    if (line.foot) group.clear();
    TableUnit unit{.text = group, .key = {}, .cells = group, .line = line.line};
    bool const alone = line.places.size() > 1 && std::all_of(line.places.begin() + 1, line.places.end(), &is_again);
    for (std::size_t column = 0; column < line.places.size(); ++column) {
      auto const& place = line.places[column];
      bool const named = column < heads.size() && !heads[column].empty() && !alone;
      bool const same_head = named && column > 0 && heads[column] == heads[column - 1];
      bool const empty = place.text.empty();
      // An empty cell says something too: which head the others do not stand under.
      if ((empty && (!named || place.again || is_one_cell(line))) || (place.again && (!named || same_head))) continue;
      if (unit.key.empty() && !empty) unit.key = place.text;
      bool const colon = unit.text.ends_with(':');
      unit.text += unit.text.empty() ? "" : colon ? " " : head_rows > 0 ? "; " : ", ";
      if (!place.again && !empty)
        unit.cells += (unit.cells.empty() ? "" : unit.cells.ends_with(':') ? " " : ", ") + place.text;
      unit.text += (named ? heads[column] + ": " : "") + (empty ? "–" : place.text);
    }
    out.push_back(std::move(unit));
  }
  return out;
}

}  // namespace sotto::knowledge
