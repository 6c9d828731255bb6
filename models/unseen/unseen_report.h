// What an engineer may learn from: each miss and each wrong one of part `work`, by kind. Of part `last` nothing is
// written.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sotto::unseen {

class Report {
 public:
  explicit Report(bool keeps) : keeps_(keeps) {}

  void add(std::string const& kind, std::string line) {
    if (keeps_) lines_[kind].push_back(std::move(line));
  }
  // Many of one sort: the first few stand for all.
  void add_of_sort(std::string const& kind, std::string const& sort, std::string line) {
    if (!keeps_) return;
    auto& [count, examples] = sorts_[kind][sort];
    ++count;
    if (examples.size() < kExamples) examples.push_back(std::move(line));
  }
  void write(std::filesystem::path const& file) const {
    if (!keeps_) return;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out(file);
    out << "# Unseen, part work: what was missed and what was wrong\n";
    for (auto const& [kind, lines] : lines_) {
      out << fmt::format("\n## {}: {}\n\n", kind, lines.size());
      for (auto const& line : lines) out << "- " << line << "\n";
    }
    for (auto const& [kind, sorts] : sorts_) {
      std::size_t all = 0;
      for (auto const& [sort, found] : sorts) all += found.first;
      out << fmt::format("\n## {}: {}\n", kind, all);
      for (auto const& [sort, found] : sorts) {
        out << fmt::format("\n### {}: {}\n\n", sort, found.first);
        for (auto const& line : found.second) out << "- " << line << "\n";
      }
    }
  }

 private:
  static constexpr std::size_t kExamples = 3;

  bool const keeps_;
  std::map<std::string, std::vector<std::string>> lines_;
  std::map<std::string, std::map<std::string, std::pair<std::size_t, std::vector<std::string>>>> sorts_;
};

}  // namespace sotto::unseen
