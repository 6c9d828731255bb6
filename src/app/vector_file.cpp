#include "app/vector_file.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "text/bytes.h"

namespace sotto::app {

namespace {

constexpr char const* kMagic = "sotto vectors 1";

}  // namespace

inference::Vectors read_vectors(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  auto const bytes = all.str();
  text::ByteReader reader(bytes);
  inference::Vectors out;
  if (reader.text() != kMagic) return out;
  auto const count = reader.value<std::uint64_t>();
  for (std::uint64_t i = 0; i < count && reader.good(); ++i) {
    auto words = reader.text();
    out[std::move(words)] = reader.list<float>();
  }
  return reader.good() && reader.at_end() ? out : inference::Vectors{};
}

void write_vectors(std::filesystem::path const& file, inference::Vectors const& vectors) {
  text::ByteWriter writer;
  writer.text(kMagic);
  writer.value(static_cast<std::uint64_t>(vectors.size()));
  for (auto const& [words, vector] : vectors) {
    writer.text(words);
    writer.list(vector);
  }
  auto const part = fmt::format("{}.{}", file.string(), ::getpid());
  std::ofstream out(part, std::ios::binary);
  out << writer.bytes();
  out.close();
  std::error_code failed;
  if (out) std::filesystem::rename(part, file, failed);
  if (!out || failed) std::filesystem::remove(part, failed);
}

}  // namespace sotto::app
