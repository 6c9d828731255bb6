// A table as rows that can stand alone: each cell with the heads of its column. Pure.
#pragma once

#include <string>
#include <vector>

namespace sotto::knowledge {

struct TableCell {
  std::string text;
  bool head = false;  // marked as one
  bool bold = false;
  int columns = 1, rows = 1;  // it spans
};

struct TableRow {
  std::vector<TableCell> cells;
  bool head = false;  // of the table's head
  bool foot = false;  // of its foot, whichever place it has in the source
  int line = 0;
};

// A row as one unit: "Plan: Basic; Price: 20 pounds; Fee: –". Without heads the cells alone, with commas.
struct TableUnit {
  std::string text;
  std::string key;    // what stands in its first column
  std::string cells;  // without the heads, with commas
  int line = 0;
};

// Rows that name the columns become heads: those of the table's head, rows of nothing but heads, and where none is
// marked a first row that is bold, or that holds no digit above columns of digits. A cell over several columns stands
// under each of their heads. A row of one cell over all columns names the rows below it, but not one of the foot.
std::vector<TableUnit> table_units(std::vector<TableRow> const& rows);

}  // namespace sotto::knowledge
