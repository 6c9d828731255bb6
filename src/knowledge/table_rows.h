// Which row of a table a question means: the one whose key was said, written or spoken ("R107", "r one oh seven"), else
// those that hold most of what tells the rows apart. Immutable; pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/articles/articles.h"

namespace sotto::knowledge {

// A question as what may be said of a key: each part in every way it can be written.
struct SpokenParts {
  struct Part {
    std::vector<std::string> written;  // capitals and digits: "ROMEO", "R"; "412", "40012"
    bool number = false, may_skip = false;
    bool glued = false;  // to the part before it: no space between
  };
  std::vector<Part> parts;
};
SpokenParts spoken_parts(std::string_view question);

class TableRows {
 public:
  TableRows() = default;
  explicit TableRows(std::vector<Passage> const& passages);

  struct Place {
    std::uint32_t passage = 0, sentence = 0;
    auto operator<=>(Place const&) const = default;
  };
  // Rows whose whole key, of letters and digits or of four digits and more, was said; in order.
  std::vector<Place> said(SpokenParts const& question) const;

  struct Choice {
    std::vector<std::size_t> rows;  // as numbers of sentences; empty: the question is not about a row of it
    bool unknown = false;           // a key was said that no row has
  };
  // In a passage that holds rows. `near`: the likeness of each of its sentences in meaning.
  Choice choose(Passage const& passage, std::string_view question, SpokenParts const& parts,
                std::span<double const> near) const;

 private:
  std::map<std::string, std::vector<Place>, std::less<>> keys_;
  std::set<std::string> terms_;  // of all articles
};

}  // namespace sotto::knowledge
