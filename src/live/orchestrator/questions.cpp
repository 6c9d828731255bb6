#include "live/orchestrator/questions.h"

#include <algorithm>
#include <string_view>

namespace sotto::orchestrator {

namespace {
constexpr std::size_t kLeastWords = 5, kMostClauses = 3;

bool ends_clause(std::string_view word) {
  return !word.empty() && std::string_view(".,;:?!").find(word.back()) != std::string_view::npos;
}
}  // namespace

std::vector<std::string> readings(std::string const& whole, std::vector<Word> const& words) {
  std::vector<std::string> out{whole};
  std::string clause;
  for (auto i = words.size(); i-- > 1 && out.size() <= kMostClauses;) {
    clause = words[i].text + (clause.empty() ? "" : " ") + clause;
    if (!ends_clause(words[i - 1].text) || words.size() - i < kLeastWords) continue;
    if (std::ranges::find(out, clause) == out.end()) out.push_back(clause);
  }
  return out;
}

}  // namespace sotto::orchestrator
