#include "knowledge/articles/front_matter.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/unicode.h"
#include "base/yaml.h"

namespace sotto::knowledge {

namespace {

constexpr std::array<std::string_view, 5> kEntries{"title", "valid_from", "valid_until", "audience", "owner"};
constexpr int kBlockLines = 30;  // of entries between two lines of dashes

std::string entries() { return fmt::format("{}", fmt::join(kEntries, ", ")); }

struct Line {
  std::string_view text;  // without white space at its end
  std::size_t next = 0;   // where the next one begins
};
Line line_at(std::string_view text, std::size_t at) {
  auto const end = std::min(text.find('\n', at), text.size());
  auto line = text.substr(at, end - at);
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return {line, std::min(end + 1, text.size())};
}

void read_entries(std::string_view text, int above, ArticleBuilder& builder) {
  auto const loaded = language::load_yaml(text);
  if (!loaded) return builder.problem(above + loaded.error().line, loaded.error().reason);
  if (loaded->IsNull()) return;
  if (!loaded->IsMap()) return builder.problem(above + 1, "front matter is a map of " + entries() + ", a line each");
  std::set<std::string> seen;
  for (auto const& entry : *loaded) {
    auto const name = entry_name(entry.first.as<std::string>(""));
    auto const line = above + entry.first.Mark().line + 1;
    if (!seen.insert(name).second) builder.problem(line, "entry \"" + name + "\" stands there twice");
    std::string value;
    if (entry.second.IsScalar()) value = entry.second.Scalar();
    for (auto const& one : entry.second.IsSequence() ? entry.second : YAML::Node()) {
      if (!one.IsScalar()) builder.problem(line, name + " is a text or a list of texts");
      else value += (value.empty() ? "" : ",") + one.Scalar();
    }
    if (auto const stray = language::stray_character(value); !stray.empty())
      builder.problem(line, fmt::format("{} holds {}, which is no character of a text", name, stray));
    else if (entry.second.IsMap() || !builder.meta(name, squeeze(value), line))
      builder.problem(line, fmt::format("unknown entry \"{}\"; known are {}", first_words(name, 5), entries()));
  }
}

// Behind the brace that closes the one at `at`; 0: none does.
std::size_t past_braces(std::string_view text, std::size_t at) {
  int depth = 0;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\' && quoted) ++at;
    else if (text[at] == '"') quoted = !quoted;
    else if (!quoted && text[at] == '{') ++depth;
    else if (!quoted && text[at] == '}' && --depth == 0) return at + 1;
  }
  return 0;
}

// JSON, which is YAML; `line`: of its first.
std::size_t read_json(std::string_view text, std::size_t at, int line, ArticleBuilder& builder) {
  auto const past = past_braces(text, at);
  if (past == 0) {
    builder.problem(line, "the entries at the top do not end: close them with \"}\"");
    return text.size();
  }
  read_entries(text.substr(at, past - at), line - 1, builder);
  return past;
}

bool begins_json(std::string_view text) {
  if (!text.starts_with('{')) return false;
  auto const next = text.find_first_not_of(" \t\n", 1);
  return next != std::string_view::npos && text[next] == '"';
}

bool is_heading(std::string_view line) {
  auto const past = line.find_first_not_of('#');
  return line.starts_with('#') && (past == std::string_view::npos || line[past] == ' ' || line[past] == '\t');
}

bool is_fence(std::string_view line) {
  auto const from = std::min(line.find_first_not_of(' '), line.size());
  return line.substr(from).starts_with("```") || line.substr(from).starts_with("~~~");
}

// What stands before its colon, without the signs around it: of "#+AUDIENCE: x" it is "audience".
std::string name_in(std::string_view line) {
  auto const from = line.find_first_not_of(" \t#+-*>/;%|<!\"'`{(");
  auto const colon = line.find_first_of(":=|", std::min(from, line.size()));
  if (from == std::string_view::npos || colon == std::string_view::npos) return "";
  return entry_name(line.substr(from, colon - from));
}

bool restricts(std::string_view name) { return name == "valid_from" || name == "valid_until" || name == "audience"; }

// The line of an entry in a block of nothing else that begins behind a line of dashes; 0: it is none.
int entry_in_block(std::string_view text, std::size_t at, int line, std::string& name) {
  int found = 0;
  for (int count = 0; at < text.size() && count < kBlockLines; ++count, ++line) {
    auto const next = line_at(text, at);
    if (next.text == "---" || next.text == "...") return found;
    auto const here = name_in(next.text);
    if (here.empty() && !next.text.starts_with(' ') && !next.text.starts_with('-')) return 0;
    if (found == 0 && restricts(here)) found = line, name = here;
    at = next.next;
  }
  return 0;
}

}  // namespace

std::string stray_entry(std::string_view line) {
  static re2::RE2 const known(R"((?i)(?:^|[^-\w])(valid[_-](?:from|until))["'*`\\]*(?:</?\w[^<>]*>)*\s*(?:[:=|]|：))");
  std::string name;
  re2::RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), known, &name);
  return entry_name(name);
}

std::size_t read_front_matter(std::string_view text, ArticleBuilder& builder) {
  std::size_t at = 0;
  int line = 1;
  for (auto next = line_at(text, at); next.text.empty() && at < text.size(); next = line_at(text, at))
    at = next.next, ++line;
  auto const first = line_at(text, at);
  if (begins_json(text.substr(at))) return read_json(text, at, line, builder);
  if (first.text == ";;;" && begins_json(text.substr(first.next))) {
    auto const past = read_json(text, first.next, line + 1, builder);
    auto const end = text.find(";;;", past);
    return end == std::string_view::npos ? past : line_at(text, end).next;
  }
  if (first.text == "+++" || first.text == ";;;") {
    builder.problem(
        line, fmt::format("front matter between \"{}\" is not read: write YAML between lines of \"---\"", first.text));
    return at;
  }
  if (first.text != "---") return 0;
  auto const begin = first.next;
  for (at = begin; at < text.size();) {
    auto const next = line_at(text, at);
    if (next.text == "---" || next.text == "...") {
      read_entries(text.substr(begin, at - begin), line, builder);
      return next.next;
    }
    at = next.next;
  }
  builder.problem(line, "the entries at the top do not end: close them with a line of \"---\"");
  return text.size();
}

void refuse_stray_entries(std::string_view text, std::size_t from, bool markdown, ArticleBuilder& builder) {
  int line = 1 + static_cast<int>(std::ranges::count(text.substr(0, from), '\n'));
  bool above = markdown, fenced = false;
  for (auto at = from; at < text.size(); ++line) {
    auto const next = line_at(text, at);
    if (is_heading(next.text)) above = false;
    if (markdown && is_fence(next.text)) fenced = !fenced;
    auto name = fenced && !above ? "" : stray_entry(next.text);
    auto found = name.empty() ? 0 : line;
    if (found == 0 && above && restricts(name_in(next.text))) found = line, name = name_in(next.text);
    if (found == 0 && !fenced && next.text == "---") found = entry_in_block(text, next.next, line + 1, name);
    if (found > 0)
      builder.problem(found, fmt::format("\"{}\" stands outside of the front matter: put the entries between two lines "
                                         "of \"---\" at the top",
                                         name));
    at = next.next;
  }
}

}  // namespace sotto::knowledge
