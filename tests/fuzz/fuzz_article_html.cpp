// Whatever a page or the text of a PDF holds: passages with sentences, or problems.
// max_len: 5242880
#include <cstdlib>
#include <string_view>

#include "knowledge/articles/articles.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  for (char const* const file : {"fuzz.html", "fuzz.pdf"}) {
    auto const parsed = sotto::knowledge::parse_article({reinterpret_cast<char const*>(data), size}, file);
    if (!parsed.problems.empty()) continue;
    if (parsed.passages.empty()) std::abort();
    for (auto const& passage : parsed.passages) {
      if (passage.sentences.empty() || passage.heading.empty()) std::abort();
    }
  }
  return 0;
}
