// Whatever table and whatever question: rows of the table, told in time. The first line is the question.
// max_len: 16384
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/unicode.h"
#include "base/utf8.h"
#include "knowledge/knowledge_base.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  namespace knowledge = sotto::knowledge;
  std::string_view const all(reinterpret_cast<char const*>(data), size);
  auto const end = std::min(all.find('\n'), all.size());
  auto const question = all.substr(0, std::min<std::size_t>(end, 500));
  auto parsed = knowledge::parse_article("# T\n\n| Key | B |\n|---|---|\n" + std::string(all.substr(end)), "fuzz.md");
  if (!parsed.problems.empty() || !sotto::is_utf8(question)) return 0;
  knowledge::KnowledgeBase const base(std::move(parsed.passages), std::make_shared<knowledge::Vectors const>());
  for (auto const& ranked : base.rank(question, {}, "*")) {
    if (ranked.sentence >= ranked.passage->sentences.size()) std::abort();
    for (auto const row : ranked.rows) {
      if (row >= ranked.passage->sentences.size() || !ranked.passage->sentences[row].row) std::abort();
    }
  }
  return 0;
}
