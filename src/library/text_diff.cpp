#include "library/text_diff.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace sotto::app {

namespace {

constexpr std::ptrdiff_t kEditsMost = 2000, kContext = 3;

using Lines = std::vector<std::string_view>;

// With its end, so that a last line without one is another line.
Lines lines_of(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size() - 1) + 1;
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

struct Step {
  char mark = ' ';  // ' ' | '-' | '+'
  std::string_view line;
};

// How far each diagonal came with so many edits: furthest[edits][diagonal + edits], lines of `was`.
using Furthest = std::vector<std::vector<std::ptrdiff_t>>;

bool goes_down(std::vector<std::ptrdiff_t> const& before, std::ptrdiff_t edits, std::ptrdiff_t diagonal) {
  auto const at = [&](std::ptrdiff_t d) { return before[static_cast<std::size_t>(d + edits - 1)]; };
  return diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
}

// Empty: too many edits.
Furthest search(Lines const& was, Lines const& is) {
  auto const had = std::ssize(was), has = std::ssize(is);
  Furthest out;
  for (std::ptrdiff_t edits = 0; edits <= std::min(had + has, kEditsMost); ++edits) {
    auto& row = out.emplace_back(static_cast<std::size_t>(2 * edits + 1), 0);
    for (auto diagonal = -edits; diagonal <= edits; diagonal += 2) {
      std::ptrdiff_t x = 0;
      if (edits > 0) {
        auto const& before = out[static_cast<std::size_t>(edits - 1)];
        bool const down = goes_down(before, edits, diagonal);
        x = down ? before[static_cast<std::size_t>(diagonal + edits)]
                 : before[static_cast<std::size_t>(diagonal + edits - 2)] + 1;
      }
      while (x < had && x - diagonal < has &&
             was[static_cast<std::size_t>(x)] == is[static_cast<std::size_t>(x - diagonal)])
        ++x;
      row[static_cast<std::size_t>(diagonal + edits)] = x;
      if (x >= had && x - diagonal >= has) return out;
    }
  }
  return {};
}

std::vector<Step> steps_of(Lines const& was, Lines const& is) {
  std::vector<Step> out;
  auto const furthest = search(was, is);
  if (furthest.empty()) {
    for (auto const& line : was) out.push_back({'-', line});
    for (auto const& line : is) out.push_back({'+', line});
    return out;
  }
  auto x = std::ssize(was), y = std::ssize(is);
  auto const same = [&](std::ptrdiff_t until) {
    for (; x > until; --y) out.push_back({' ', was[static_cast<std::size_t>(--x)]});
  };
  for (auto edits = std::ssize(furthest) - 1; edits > 0; --edits) {
    auto const& before = furthest[static_cast<std::size_t>(edits - 1)];
    bool const down = goes_down(before, edits, x - y);
    auto const from = before[static_cast<std::size_t>(x - y + (down ? 1 : -1) + edits - 1)];
    same(down ? from : from + 1);
    if (down) out.push_back({'+', is[static_cast<std::size_t>(--y)]});
    else out.push_back({'-', was[static_cast<std::size_t>(--x)]});
  }
  same(0);
  std::ranges::reverse(out);
  return out;
}

void write_hunk(std::vector<Step> const& steps, std::ptrdiff_t from, std::ptrdiff_t past, std::string& out) {
  std::ptrdiff_t was_from = 1, is_from = 1, was = 0, is = 0;
  std::string lines;
  for (std::ptrdiff_t i = 0; i < past; ++i) {
    auto const& [mark, line] = steps[static_cast<std::size_t>(i)];
    auto& old_side = i < from ? was_from : was;
    auto& new_side = i < from ? is_from : is;
    old_side += mark != '+';
    new_side += mark != '-';
    if (i < from) continue;
    lines += mark;
    lines += line;
    if (!line.ends_with('\n')) lines += "\n\\ No newline at end of file\n";
  }
  out += fmt::format("@@ -{},{} +{},{} @@\n{}", was == 0 ? was_from - 1 : was_from, was,
                     is == 0 ? is_from - 1 : is_from, is, lines);
}

}  // namespace

std::string unified_diff(std::string_view was, std::string_view is) {
  auto const one = lines_of(was), other = lines_of(is);
  auto const steps = steps_of(one, other);
  auto const changed = [&](std::ptrdiff_t at) { return steps[static_cast<std::size_t>(at)].mark != ' '; };
  std::string out;
  for (std::ptrdiff_t at = 0; at < std::ssize(steps); ++at) {
    if (!changed(at)) continue;
    auto last = at;
    for (auto next = at; next < std::ssize(steps) && next - last <= 2 * kContext; ++next) {
      if (changed(next)) last = next;
    }
    write_hunk(steps, std::max<std::ptrdiff_t>(0, at - kContext), std::min(std::ssize(steps), last + 1 + kContext),
               out);
    at = last;
  }
  return out;
}

}  // namespace sotto::app
