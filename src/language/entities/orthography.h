// How words are written: capitals, punctuation; what only that tells of names, addresses and phone numbers. Recognised
// speech comes with capitals and punctuation too. Pure functions; docs/entities.md says what is found.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sotto::language {

struct Written {
  std::string bare;         // without punctuation at the ends and without "'s"
  std::string folded;       // the same in lower case
  bool capital = false;     // "Ada"
  bool shouted = false;     // "OSLO"
  bool letters = false;     // nothing but letters, "'" and "-"
  bool digits = false;      // nothing but digits
  bool opens = false;       // punctuation before it: "(", a quote
  bool ends = false;        // punctuation behind it that ends what is named: "," ":" a line break
  bool full_stop = false;   // of a sentence
  bool dotted = false;      // a full stop behind it, of whatever
  bool line = false;        // a line ends here
  bool possessive = false;  // "Ada's"
};

struct Place {  // words [first, last]
  std::string value;
  std::size_t first = 0, last = 0;
};

std::vector<Written> read_written(std::vector<std::string> const& words);

// "Ada K. Lovelace", "Mr. Smith", "Hi Ada,": by what is said around it, common names, and shape.
std::vector<Place> written_names(std::vector<Written> const& words, std::vector<bool> const& taken);

// "12 Maple Street, Springfield 62704", "Rua Augusta 25 Apt. 3", "P.O. Box 12", "the corner of ... and ...".
std::vector<Place> written_addresses(std::vector<Written> const& words);

// "+1 (415) 555-0123x45", "0490 75 40 81", "555-0123": marks and groups as numbers are written.
std::vector<Place> written_phones(std::vector<std::string> const& words, std::vector<bool> const& taken);

}  // namespace sotto::language
