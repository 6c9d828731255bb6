// The words of a PDF's page with their places, as lines in reading order: column by column, tables as rows. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "knowledge/articles/html_table.h"

namespace sotto::knowledge {

struct PdfLine {
  std::string text;
  int number = 0;               // of a plain text's line; 0 where there is none
  double size = 0;              // of its letters, in points; 0: not known
  double top = 0;               // of the line, from the page's; where `size` is known
  bool across = false;          // printed across the page's text ("DRAFT"): no line of it
  bool apart = false;           // an empty line, a wider gap, a column or a page begins before it
  bool ends_early = false;      // others of its column go on much further to the right
  std::vector<TableRow> table;  // a table stands here: no text
};
using PdfPage = std::vector<PdfLine>;

// True for what `pdftotext -tsv` prints: a line of column names, then a word a line.
bool is_pdf_layout(std::string_view text);
std::vector<PdfPage> pages_of_layout(std::string_view text);

}  // namespace sotto::knowledge
