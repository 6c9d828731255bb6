// What Markdown's renderers drop without a word, found in its source: cells beyond the heads, tables without a rule,
// code that does not end, tags that are none. Pure.
#pragma once

#include <string>
#include <string_view>

#include "knowledge/articles/article_builder.h"

namespace sotto::knowledge {

// The source as the library is to read it, in the same lines: rules "--|:-:" get three dashes, and what stands in more
// cells than the table has heads goes into the last one, which is said.
std::string mended_tables(std::string_view text, ArticleBuilder& builder);

// Says what is read as something else than it was meant for.
void check_source(std::string_view text, std::size_t from, ArticleBuilder& builder);

// A conflict of git that was not settled: a problem with its line.
void refuse_conflicts(std::string_view text, ArticleBuilder& builder);

// "<b and the price c>" is a text with signs, not a tag: words in the place of attributes.
bool is_prose_in_angles(std::string_view tag);

// The number before a list's item: of "27. " before `at` in its line 27; -1: none.
int item_number(std::string_view text, std::size_t at);

}  // namespace sotto::knowledge
