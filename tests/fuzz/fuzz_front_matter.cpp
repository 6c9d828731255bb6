// Whatever stands between the fences: dates and teams of the article, or problems with a line of the file.
// max_len: 65536
#include <cstdlib>
#include <string>

#include "base/unicode.h"
#include "base/utf8.h"
#include "knowledge/articles/articles.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const entries(reinterpret_cast<char const*>(data), size);
  auto const parsed = sotto::knowledge::parse_article("---\n" + entries + "\n---\n# T\nText of it.\n", "fuzz.md");
  for (auto const& problem : parsed.problems) {
    if (problem.line < 0 || !sotto::is_utf8(problem.reason)) std::abort();
  }
  if (parsed.problems.empty() && parsed.passages.empty()) std::abort();
  for (auto const& passage : parsed.passages) {
    for (auto const& team : passage.audience) {
      if (team.empty() || !sotto::is_utf8(team)) std::abort();
    }
  }
  return 0;
}
