#include "knowledge/articles/markdown_source.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

namespace sotto::knowledge {

namespace {

// Attributes of HTML that stand without a value.
constexpr std::array<std::string_view, 21> kAlone{
    "hidden",   "open",     "reversed", "checked",  "disabled",   "selected", "required",
    "readonly", "multiple", "controls", "autoplay", "loop",       "muted",    "nowrap",
    "noshade",  "compact",  "default",  "ismap",    "novalidate", "download", "inert"};

constexpr std::size_t kTagBytes = 1000;  // longer is none of words alone

// Calls `line(text, number, offset)` for each line; in code `fenced` is true, in the lines of its fences too.
template <typename Function>
void each_line(std::string_view text, Function line) {
  std::string fence;  // that is open
  int number = 1;
  for (std::size_t at = 0; at < text.size(); ++number) {
    auto const end = std::min(text.find('\n', at), text.size());
    auto const whole = text.substr(at, end - at);
    auto const from = std::min(whole.find_first_not_of(' '), whole.size());
    auto const said = whole.substr(from);
    bool const mark = from < 4 && (said.starts_with("```") || said.starts_with("~~~"));
    bool const was_open = !fence.empty();
    if (mark && !was_open) {
      bool const code_span =
          said.front() == '`' && said.find('`', said.find_first_not_of('`')) != std::string_view::npos;
      if (!code_span) fence = said.substr(0, std::min(said.find_first_not_of(said.front()), said.size()));
    } else if (mark && said.starts_with(fence) &&
               said.find_first_not_of(std::string(" \t") + fence[0]) == std::string_view::npos) {
      fence.clear();
    }
    line(whole, number, at, was_open || !fence.empty());
    at = end + 1;
  }
}

// Where cells of a row end: its bars, without those at its ends.
std::vector<std::size_t> bars_of(std::string_view line) {
  std::vector<std::size_t> out;
  auto const first = line.find_first_not_of(" \t"), last = line.find_last_not_of(" \t");
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') ++i;
    else if (line[i] == '|' && i != first && i != last) out.push_back(i);
  }
  return out;
}

bool is_rule(std::string_view line) {
  return line.find('|') != std::string_view::npos && line.find('-') != std::string_view::npos &&
         line.find_first_not_of("-:| \t") == std::string_view::npos;
}

bool in_bars(std::string_view line) {
  auto const first = line.find_first_not_of(" \t"), last = line.find_last_not_of(" \t");
  return first != std::string_view::npos && first != last && line[first] == '|' && line[last] == '|' &&
         !bars_of(line).empty();
}

bool is_heading(std::string_view line) {
  auto const past = line.find_first_not_of('#');
  return line.starts_with('#') && past != std::string_view::npos && past <= 6 && line[past] == ' ';
}

std::string with_long_rule(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    out += line[i];
    bool const first = line[i] == '-' && (i == 0 || line[i - 1] != '-');
    if (first && !line.substr(i).starts_with("---")) out += "--";
  }
  return out;
}

}  // namespace

std::string mended_tables(std::string_view text, ArticleBuilder& builder) {
  std::string out;
  std::size_t heads = 0;  // bars between them; 0: no table here
  std::string_view before;
  each_line(text, [&](std::string_view line, int number, std::size_t, bool fenced) {
    auto const bars = bars_of(line);
    bool const rule = !fenced && is_rule(line);
    if (rule && bars_of(before).size() == bars.size()) heads = bars.size();
    else if (fenced || line.find('|') == std::string_view::npos) heads = 0;
    std::string mended = rule ? with_long_rule(line) : std::string(line);
    if (!rule && heads > 0 && bars.size() > heads) {
      for (auto i = heads; i < bars.size(); ++i) {
        bool const space = mended[bars[i] - 1] == ' ';
        mended[bars[i] - (space ? 1 : 0)] = ',';
        if (space) mended[bars[i]] = ' ';
      }
      builder.warning(number, fmt::format("a row of {} cells under {} heads: the last ones are read as one",
                                          bars.size() + 1, heads + 1));
    }
    out += mended + "\n";
    before = line;
  });
  if (!text.ends_with('\n') && !out.empty()) out.pop_back();
  return out;
}

void check_source(std::string_view text, std::size_t from, ArticleBuilder& builder) {
  int opened = 0, swallowed = 0, rows = 0;
  bool was_fenced = false, ruled = false;
  auto const end_table = [&](int past) {
    if (rows > 1 && !ruled)
      builder.warning(past - rows,
                      "a table without a line \"|---|---|\" below its heads is read as text: add the line");
    rows = 0, ruled = false;
  };
  int last = 0;
  each_line(text, [&](std::string_view line, int number, std::size_t at, bool fenced) {
    if (at < from) return;
    last = number;
    if (fenced && !was_fenced) opened = number, swallowed = 0;
    if (fenced && is_heading(line)) ++swallowed;
    was_fenced = fenced;
    if (!fenced && in_bars(line)) ++rows, ruled = ruled || is_rule(line);
    else end_table(number);
  });
  end_table(last + 1);
  // Closed in the last line it may be: then that line is its fence.
  auto const tail = squeeze(text.substr(std::min(text.find_last_not_of(" \t\n"), text.size())));
  bool const closed = tail == "`" || tail == "~";
  if (was_fenced && !closed && swallowed > 0)
    builder.warning(opened,
                    fmt::format("the code that begins here does not end: {} headings are read as code", swallowed));
}

void refuse_conflicts(std::string_view text, ArticleBuilder& builder) {
  int number = 1, begun = 0;
  for (std::size_t at = 0; at < text.size(); ++number) {
    auto const end = std::min(text.find('\n', at), text.size());
    auto const line = text.substr(at, end - at);
    if (line.starts_with("<<<<<<< ")) begun = number;
    if (line.starts_with(">>>>>>> ") && begun > 0) {
      builder.problem(begun, "a conflict of git stands here, with both versions: settle it");
      begun = 0;
    }
    at = end + 1;
  }
}

bool is_prose_in_angles(std::string_view tag) {
  if (tag.size() < 3 || tag.front() != '<' || std::isalpha(static_cast<unsigned char>(tag[1])) == 0) return false;
  // A line may hold any number of tags.
  auto const close = tag.substr(0, kTagBytes).find('>');
  if (close == std::string_view::npos) return false;
  auto inside = tag.substr(1, close - 1);
  if (inside.find_first_of("='\"") != std::string_view::npos) return false;
  if (inside.ends_with('/')) inside.remove_suffix(1);
  auto at = inside.find_first_of(" \t\n");
  while (at != std::string_view::npos) {
    auto const from = inside.find_first_not_of(" \t\n", at);
    if (from == std::string_view::npos) return false;
    at = inside.find_first_of(" \t\n", from);
    auto const word = inside.substr(from, at == std::string_view::npos ? at : at - from);
    bool const known = std::ranges::find(kAlone, word) != kAlone.end() || word.find('-') != std::string_view::npos;
    if (!known) return true;
  }
  return false;
}

int item_number(std::string_view text, std::size_t at) {
  auto const line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
  auto mark = text.substr(line, at - line);
  auto const last = mark.find_last_of(".)");
  if (last == std::string_view::npos || mark.find_first_not_of(" \t*_[`<\"'\\~", last + 1) != std::string_view::npos)
    return -1;
  auto first = last;
  while (first > 0 && std::isdigit(static_cast<unsigned char>(mark[first - 1])) != 0) --first;
  int number = -1;
  std::from_chars(mark.data() + first, mark.data() + last, number);
  return number;
}

}  // namespace sotto::knowledge
