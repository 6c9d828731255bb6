// The vectors of the tenants' texts, kept beside the model weights between runs: a server whose policies and articles
// did not change starts without encoding them again. It lies in the model's folder and goes with it; a broken one is as
// good as none.
#pragma once

#include <filesystem>

#include "knowledge/knowledge_base.h"

namespace sotto::app {

knowledge::Vectors read_vectors(std::filesystem::path const& file);
// Replaces the file in one step: `vectors`, then what it holds beside them, the latest written first, until
// `texts_most` are there. So a program that knows only some tenants takes nothing from a server of all. That the file
// cannot be written is no error: the next start is slower.
void write_vectors(std::filesystem::path const& file, knowledge::Vectors const& vectors,
                   std::size_t texts_most = 40'000);

}  // namespace sotto::app
