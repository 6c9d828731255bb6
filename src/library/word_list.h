// The words of the language by how common they are: the vocabulary of the sentence encoder, which begins with the
// commonest. Blocks on the disk.
#pragma once

#include <filesystem>

#include "knowledge/names.h"

namespace sotto::app {

// A word a line; pieces of words ("##ing") are none. Where the file cannot be read no word is rare.
knowledge::WordRank read_word_list(std::filesystem::path const& file);

}  // namespace sotto::app
