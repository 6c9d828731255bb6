// The text of a PDF, by pdftotext of Poppler, run as a process: Poppler's licence (GPL) forbids linking it.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace sotto {

// UTF-8, a form feed after each page, in reading order. Blocks until the process ends, at most 5 s; call it beside the
// loop or seldom. Errors: pdf_tool_missing, pdf_broken (damaged, locked by a password, too slow, or too much text).
Result<std::string> text_of_pdf(std::filesystem::path const& file);

}  // namespace sotto
