#include <map>

#include <md4c.h>

#include "live/inference/article_builder.h"

namespace sotto::inference {

namespace {

// The character an entity stands for; unknown ones stay as written.
std::string decode(std::string_view entity) {
  static std::map<std::string_view, std::string_view> const known{
      {"&amp;", "&"},  {"&lt;", "<"},    {"&gt;", ">"},   {"&quot;", "\""}, {"&apos;", "'"},
      {"&nbsp;", " "}, {"&pound;", "£"}, {"&euro;", "€"}, {"&ndash;", "–"}, {"&mdash;", "—"}};
  auto const found = known.find(entity);
  return std::string(found == known.end() ? entity : found->second);
}

struct Reading {
  std::string_view whole;
  ArticleBuilder builder;
  std::string text;
  int line = 1;          // of the block's first text
  bool fresh = true;     // no text of the block was seen
  int items = 0;         // lists we are in
  std::size_t seen = 0;  // up to here lines were counted
  int lines = 1;

  void note(char const* at) {
    auto const offset = at - whole.data();
    if (offset < 0 || offset > static_cast<std::ptrdiff_t>(whole.size())) return;
    for (; seen < static_cast<std::size_t>(offset); ++seen) lines += whole[seen] == '\n';
    if (fresh) line = lines;
    fresh = false;
  }
  void flush(bool item) {
    builder.text(text, line, item);
    text.clear();
    fresh = true;
  }
};

int enter_block(MD_BLOCKTYPE type, void*, void* data) {
  auto& reading = *static_cast<Reading*>(data);
  // A tight list has text without paragraphs: what came before a nested block is an item of its own.
  if (!reading.text.empty() && type != MD_BLOCK_TD && type != MD_BLOCK_TH) reading.flush(reading.items > 0);
  if (type == MD_BLOCK_UL || type == MD_BLOCK_OL) ++reading.items;
  return 0;
}

int leave_block(MD_BLOCKTYPE type, void* detail, void* data) {
  auto& reading = *static_cast<Reading*>(data);
  if (type == MD_BLOCK_H) {
    auto text = squeeze(reading.text);
    auto const level = static_cast<MD_BLOCK_H_DETAIL const*>(detail)->level;
    reading.text.clear();
    reading.fresh = true;
    if (text.empty()) return 0;
    if (level == 1) reading.builder.title(std::move(text), reading.line);
    else reading.builder.heading(static_cast<int>(level), std::move(text), reading.line);
  } else if (type == MD_BLOCK_TD || type == MD_BLOCK_TH) {
    reading.text += ", ";
  } else if (type == MD_BLOCK_TR) {
    while (reading.text.ends_with(' ') || reading.text.ends_with(',')) reading.text.pop_back();
    reading.flush(true);
  } else if (type == MD_BLOCK_P || type == MD_BLOCK_LI || type == MD_BLOCK_CODE) {
    reading.flush(reading.items > 0);
  } else if (type == MD_BLOCK_UL || type == MD_BLOCK_OL) {
    --reading.items;
  }
  return 0;
}

int span(MD_SPANTYPE, void*, void*) { return 0; }

int on_text(MD_TEXTTYPE type, MD_CHAR const* text, MD_SIZE size, void* data) {
  auto& reading = *static_cast<Reading*>(data);
  std::string_view const said(text, size);
  switch (type) {
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR: reading.text += ' '; return 0;
    case MD_TEXT_HTML:
    case MD_TEXT_NULLCHAR: return 0;
    case MD_TEXT_ENTITY: reading.text += decode(said); return 0;
    default: break;
  }
  if (said.find_first_not_of(" \t\r\n") != std::string_view::npos) reading.note(text);
  reading.text += said;
  return 0;
}

// Reads the lines between "---" and "---"; returns where the text begins.
std::size_t read_front_matter(std::string_view text, ArticleBuilder& builder) {
  constexpr std::string_view kFence = "---";
  std::size_t at = 0;
  int line = 0;
  while (at < text.size()) {
    auto const end = std::min(text.find('\n', at), text.size());
    auto const entry = squeeze(text.substr(at, end - at));
    at = std::min(end + 1, text.size());
    ++line;
    if (line == 1) {
      if (entry != kFence) return 0;
      continue;
    }
    if (entry == kFence) return at;
    if (entry.empty() || entry.starts_with('#')) continue;
    auto const colon = entry.find(':');
    auto const name = squeeze(entry.substr(0, colon));
    auto const value = colon == std::string::npos ? "" : squeeze(entry.substr(colon + 1));
    if (colon == std::string::npos || !builder.meta(name, value, line))
      builder.problem(line, "unknown entry \"" + first_words(name, 5) +
                                "\"; known are title, valid_from, valid_until, audience, owner");
  }
  if (line > 0) builder.problem(1, "the entries at the top do not end: close them with a line of \"---\"");
  return at;
}

}  // namespace

ParsedArticle parse_markdown(std::string_view text, std::string const& file) {
  Reading reading{.whole = text, .builder = ArticleBuilder(file), .text = ""};
  auto const from = read_front_matter(text, reading.builder);
  MD_PARSER const parser{.abi_version = 0,
                         .flags = MD_FLAG_TABLES | MD_FLAG_NOINDENTEDCODEBLOCKS,
                         .enter_block = enter_block,
                         .leave_block = leave_block,
                         .enter_span = span,
                         .leave_span = span,
                         .text = on_text,
                         .debug_log = nullptr,
                         .syntax = nullptr};
  auto const rest = text.substr(from);
  if (md_parse(rest.data(), static_cast<MD_SIZE>(rest.size()), &parser, &reading) != 0)
    reading.builder.problem(1, "cannot be read as Markdown");
  return reading.builder.finish();
}

}  // namespace sotto::inference
