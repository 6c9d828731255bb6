// Whatever words stand wherever on the pages of a PDF: passages with sentences, or problems.
// max_len: 262144
#include <cstdlib>
#include <string>

#include "base/unicode.h"
#include "base/utf8.h"
#include "knowledge/articles/articles.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string text =
      "level\tpage_num\tpar_num\tblock_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
      "1\t1\t0\t0\t0\t0\t0\t0\t595\t842\t-1\t###PAGE###\n";
  text.append(reinterpret_cast<char const*>(data), size);
  auto const parsed = sotto::knowledge::parse_article(text, "fuzz.pdf");
  if (!parsed.problems.empty()) return 0;
  if (parsed.passages.empty()) std::abort();
  for (auto const& passage : parsed.passages) {
    if (passage.sentences.empty() || passage.heading.empty() || !sotto::is_utf8(passage.text)) std::abort();
  }
  return 0;
}
