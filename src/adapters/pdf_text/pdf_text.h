// The text of a PDF, by pdftotext of Poppler, run as a process: Poppler's licence (GPL) forbids linking it.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace sotto {

// Tab-separated UTF-8: a word a line, with its page and its place on it (`pdftotext -tsv`). Blocks until the process
// ends, 5 s of its own time and 8 s by the clock at most; never on the loop. Errors: pdf_tool_missing, pdf_broken
// (damaged, locked by a password, too slow, or too much text).
Result<std::string> text_of_pdf(std::filesystem::path const& file);

}  // namespace sotto
