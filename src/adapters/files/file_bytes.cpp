#include "adapters/files/file_bytes.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "adapters/files/folder.h"
#include "base/unicode.h"

namespace sotto::app {

namespace fs = std::filesystem;

std::string shown_path(fs::path const& path) { return path.empty() ? "\"\"" : language::escaped(path.string()); }

Result<void> judge_path(fs::path const& path, bool or_folder) {
  if (path.empty()) return fail("bad_path", "the name of a file is missing");
  std::error_code why;
  auto const status = fs::status(path, why);
  if (status.type() == fs::file_type::not_found)
    return fail("bad_path", or_folder ? "no such file or folder" : "no such file");
  if (why) return fail("bad_path", "cannot be read: " + why.message());
  bool const folder = status.type() == fs::file_type::directory;
  if (folder && !or_folder) return fail("bad_path", "is a folder, not a file");
  if (!folder && status.type() != fs::file_type::regular)
    return fail("bad_path", "is not a file but a pipe, a socket or a device");
  return {};
}

Result<void> judge_tenant_path(fs::path const& path) {
  if (auto good = judge_path(path, true); !good) return good;
  if (auto why_not = why_no_text_name(path.filename()); !why_not.empty()) return fail("bad_path", std::move(why_not));
  return {};
}

Result<std::string> read_bytes(fs::path const& file, std::size_t bytes_max) {
  if (auto const good = judge_path(file); !good) return std::unexpected(good.error());
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail("unreadable", "cannot be read: " + std::generic_category().message(errno));
  std::string out;
  std::array<char, 65536> part{};
  while (in.read(part.data(), part.size()) || in.gcount() > 0) {
    out.append(part.data(), static_cast<std::size_t>(in.gcount()));
    if (out.size() > bytes_max)
      return fail("too_large", fmt::format("is larger than {} KiB, the most that is read", bytes_max / 1024));
  }
  if (in.bad()) return fail("unreadable", "cannot be read to its end");
  return out;
}

}  // namespace sotto::app
