// Keys of a table's rows that are no codes: names of several words ("South Korea"), amounts and ranges of them ("5 to
// 10 kg", "24 December"). Which rows a question means, and whether it names one that is not there. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/articles/articles.h"

namespace sotto::knowledge {

// Capitals and digits between everything else: "Congo (Kinshasa)" is two.
std::vector<std::string> key_words(std::string_view text);

// Rows whose whole key stands in the question; of keys that hold one another the longest. None where a word beside it
// belongs to another key: "South Georgia" is not "Georgia".
std::vector<std::size_t> rows_by_name(Passage const& passage, std::vector<std::size_t> const& rows,
                                      std::string_view question);

// `question` names something else that shares a word with the key: "South Sudan" beside "South Korea". `known`: terms
// that stand in any article.
bool is_other_name(std::string const& key, std::string_view question, std::set<std::string> const& known);

// The rows are told apart by names, and the question has one that no article has.
bool asks_for_other_name(Passage const& passage, std::vector<std::size_t> const& rows, std::string_view question,
                         std::set<std::string> const& known);

// Rows of amounts that hold the one that was said; an empty list: no row holds it. Nullopt: none was said, or the table
// is not one of amounts. `spoken`: the question's numbers and words, "seven kg" as "7 KG".
std::optional<std::vector<std::size_t>> rows_by_amount(Passage const& passage, std::vector<std::size_t> const& rows,
                                                       std::string_view question,
                                                       std::vector<std::string> const& spoken);

}  // namespace sotto::knowledge
