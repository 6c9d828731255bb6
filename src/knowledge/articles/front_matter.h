// What is said of an article above its title: title, dates, audience, owner. Read where it is YAML or JSON; refused
// with its line wherever else it stands, for else an article that is over, or not for everybody, would answer
// everybody. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "knowledge/articles/article_builder.h"

namespace sotto::knowledge {

// Reads the YAML between "---" and "---" (or "..."), or the JSON in braces (between ";;;" or not), blank lines before
// it or not; returns where the text begins. Other forms are problems.
std::size_t read_front_matter(std::string_view text, ArticleBuilder& builder);

// Entries of a text's source from `from` on, where none are read: a key as machines write it anywhere, a block of
// entries between lines of "---", and in Markdown (`title`: a line "# ...") all above the title.
void refuse_stray_entries(std::string_view text, std::size_t from, bool markdown, ArticleBuilder& builder);

// "valid_until" of a line "**Valid-Until**: 2026-03-31"; empty: there is none.
std::string stray_entry(std::string_view line);

}  // namespace sotto::knowledge
