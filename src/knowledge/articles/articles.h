// Stage 6, inference: what an article is, whatever format it came in, and the passages it is made of. A passage is what
// stands under one heading. Dates and audience of an article hold for all its passages. Pure: bytes in, values out.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::knowledge {

using Day = std::chrono::sys_days;

// A cue holds this much: a longer heading or sentence is cut, and the lint says so.
inline constexpr int kBodyWords = 35, kHeadlineWords = 9;

struct Sentence {
  std::string text;
  bool item = false;  // stands as an item of a list or a row of a table
  bool row = false;   // of a table: with the heads of its columns, one unit, never cut into sentences
  std::string key;    // of a row: what stands in its first column
  std::string cells;  // of a row: without the heads, which are the same in all rows; what is compared in meaning

  std::string const& compared() const { return row ? cells : text; }
};

struct Passage {
  std::string file, title, heading, text;
  std::string slug;               // of the heading, as renderers make it for addresses
  std::vector<std::string> path;  // headings above this one, outermost first, without the title
  std::vector<Sentence> sentences;
  int line = 0;                                // of the heading; 0 where the format has none
  std::optional<Day> valid_from, valid_until;  // both days included
  std::vector<std::string> audience;           // teams; empty: everybody
};

// Who asks, and when. An article outside its dates, or not meant for the team, does not exist for them.
struct Reader {
  std::string team;
  std::optional<Day> today;  // nullopt: dates are not looked at
  bool everything = false;   // whoever an article is for
};
bool may_read(Reader const& reader, Passage const& passage);

// Is it "file.md" of this passage, "file.md#Heading" in any case, or "file.md#heading-as-in-addresses"?
bool refers_to(std::string_view reference, Passage const& passage);

struct ArticleProblem {
  std::string file;
  int line = 0;
  std::string reason;
};
struct ParsedArticle {
  std::vector<Passage> passages;
  std::vector<ArticleProblem> problems;  // empty: the article is good
  std::vector<ArticleProblem> warnings;  // it works, but not well
};

// Markdown (CommonMark with tables and ~~struck~~ text), and the HTML in it, as a reader of its page sees it: "#
// Title", deeper headings, paragraphs, lists. Front matter (YAML) between lines of "---": title, valid_from,
// valid_until, audience, owner.
ParsedArticle parse_markdown(std::string_view text, std::string const& file);
// HTML: the title is the first h1, else <title>; <meta name="valid_from" content="2026-01-31"> and so on. What
// surrounds the article on its page, and struck text, is left out; the warnings say so.
ParsedArticle parse_html(std::string_view text, std::string const& file);
// What `pdftotext -tsv` prints of a PDF: words with their places, from which come columns, tables and the size of
// letters; or its plain text, a form feed a page. The first line, or the largest of the first ones, is the title;
// larger letters, and short lines that a text follows, are headings; lines "valid_from: 2026-01-31" below the title are
// read as in front matter.
ParsedArticle parse_pdf_text(std::string_view text, std::string const& file);
// ".md" of "Moving.MD"; empty where there is none.
std::string extension_of(std::string_view file);
// By the file's extension, in any case: .md, .html, .htm (bytes as language::decode_text() takes them), .pdf (what
// pdftotext printed). Anything else is a problem.
ParsedArticle parse_article(std::string_view bytes, std::string const& file);

std::vector<std::string> split_sentences(std::string_view text);
// The sentences of a text of several lines, without marks of lists and headings; those of one word are left out.
std::vector<std::string> clauses_of(std::string_view text);
int count_words(std::string_view text);
// The first `most` words; "..." follows where there were more.
std::string first_words(std::string_view text, int most);
// "2026-01-31". Nullopt for anything else, and for days that do not exist.
std::optional<Day> parse_day(std::string_view text);
std::string to_text(Day day);

}  // namespace sotto::knowledge
