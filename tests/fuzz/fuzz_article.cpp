// Whatever an article holds: passages with sentences, or problems.
// max_len: 5242880
#include <cstdlib>
#include <string_view>

#include "knowledge/articles/articles.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const parsed = sotto::knowledge::parse_article({reinterpret_cast<char const*>(data), size}, "fuzz.md");
  if (!parsed.problems.empty()) return 0;
  for (auto const& passage : parsed.passages) {
    if (passage.sentences.empty() || passage.heading.empty()) std::abort();
  }
  return 0;
}
