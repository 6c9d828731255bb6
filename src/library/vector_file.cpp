#include "library/vector_file.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/bytes.h"

namespace sotto::app {

namespace {

constexpr char const* kMagic = "sotto vectors 1";

using Entry = std::pair<std::string, std::vector<float>>;

// As they lie in the file; none of a broken one.
std::vector<Entry> entries_of(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  auto const bytes = all.str();
  language::ByteReader reader(bytes);
  std::vector<Entry> out;
  if (reader.text() != kMagic) return out;
  auto const count = reader.value<std::uint64_t>();
  for (std::uint64_t i = 0; i < count && reader.good(); ++i) {
    auto words = reader.text();
    out.emplace_back(std::move(words), reader.list<float>());
  }
  return reader.good() && reader.at_end() ? out : std::vector<Entry>{};
}

}  // namespace

knowledge::Vectors read_vectors(std::filesystem::path const& file) {
  knowledge::Vectors out;
  for (auto& [words, vector] : entries_of(file)) out[std::move(words)] = std::move(vector);
  return out;
}

void write_vectors(std::filesystem::path const& file, knowledge::Vectors const& vectors, std::size_t texts_most) {
  auto others = entries_of(file);
  std::erase_if(others, [&](Entry const& other) { return vectors.contains(other.first); });
  others.resize(std::min(others.size(), texts_most - std::min(texts_most, vectors.size())));
  language::ByteWriter writer;
  writer.text(kMagic);
  writer.value(static_cast<std::uint64_t>(vectors.size() + others.size()));
  auto const put = [&](auto const& entry) {
    writer.text(entry.first);
    writer.list(entry.second);
  };
  std::ranges::for_each(vectors, put);
  std::ranges::for_each(others, put);
  auto const part = fmt::format("{}.{}", file.string(), ::getpid());
  std::ofstream out(part, std::ios::binary);
  out << writer.bytes();
  out.close();
  std::error_code failed;
  if (out) std::filesystem::rename(part, file, failed);
  if (!out || failed) std::filesystem::remove(part, failed);
}

}  // namespace sotto::app
