#include "adapters/pdf_text/pdf_text.h"

#include "adapters/child/child.h"
#include "base/limits.h"

namespace sotto {

// With the places of the words pdftotext prints some 60 bytes a word.
static constexpr std::size_t kOutputMax = limits::kPdfLayoutBytesMax;
static constexpr auto kPatience = std::chrono::seconds(8);

Result<std::string> text_of_pdf(std::filesystem::path const& file) {
  // An absolute path never looks like an option.
  auto const path = std::filesystem::absolute(file).string();
  auto text = run_tool({"pdftotext", "-tsv", "-enc", "UTF-8", path, "-"}, kOutputMax, kPatience);
  if (text) return text;
  auto const& code = text.error().code;
  if (code == "child_missing")
    return fail("pdf_tool_missing", "pdftotext is not installed (Debian package poppler-utils)");
  if (code == "child_slow") return fail("pdf_broken", "the PDF takes longer than 5 s to read");
  if (code == "child_too_much") return fail("pdf_broken", "the PDF holds too much text");
  return fail("pdf_broken", "the PDF is damaged, locked by a password, or needs more than 512 MB to read");
}

}  // namespace sotto
