#include "library/word_list.h"

#include <fstream>
#include <memory>
#include <string>
#include <unordered_map>

namespace sotto::app {

knowledge::WordRank read_word_list(std::filesystem::path const& file) {
  auto const places = std::make_shared<std::unordered_map<std::string, std::size_t>>();
  std::ifstream in(file);
  std::size_t place = 0;
  for (std::string line; std::getline(in, line); ++place) {
    if (!line.starts_with("##")) places->emplace(std::move(line), place);
  }
  if (places->empty()) return [](std::string_view) { return std::optional<std::size_t>(0); };
  return [places](std::string_view word) -> std::optional<std::size_t> {
    auto const found = places->find(std::string(word));
    return found == places->end() ? std::nullopt : std::optional(found->second);
  };
}

}  // namespace sotto::app
