// What is wrong between articles, or with time: overlapping, contradicting, outdated. Words only, no model. Pure.
#pragma once

#include "knowledge/articles/articles.h"

namespace sotto::knowledge {

// `today`: an article whose last day is past is outdated; one that ends within 30 days is named too. At most 200.
std::vector<ArticleProblem> lint(std::vector<Passage> const& passages, Day today);

}  // namespace sotto::knowledge
