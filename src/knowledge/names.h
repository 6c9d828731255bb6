// Names in articles: companies, products, places and people that a recogniser should be told to expect. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/articles/articles.h"

namespace sotto::knowledge {

// The place of a word (in small letters) in a list that begins with the commonest; nullopt: it is not in the list.
using WordRank = std::function<std::optional<std::size_t>(std::string_view word)>;

// Words that stand with a capital inside a sentence, never without one in any of the articles, and are rare in the
// language; those that no list knows may be written without one now and then, and may stand at the beginning of a
// sentence too (a table's cells begin one). A name and the words with a capital behind it are one term more: "Haldane"
// and "Haldane Energy". Words all in capitals are spelt, and words with digits are numbers: neither is taken. First
// those of titles and headings, then by how often they stand there.
std::vector<std::string> names_in(std::vector<Passage> const& passages, WordRank const& rank, std::size_t most);

}  // namespace sotto::knowledge
