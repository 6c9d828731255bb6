// A path that somebody gave, and a file's bytes, bounded. Blocks on the disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/error.h"

namespace sotto::app {

// Whether it names a file, or with `or_folder` a folder: never a pipe or a device, whose end may not come. Error
// bad_path, without the path.
Result<void> judge_path(std::filesystem::path const& path, bool or_folder = false);
// Of a tenant's file or folder: by its name too, as the listing of its folder would (folder.h).
Result<void> judge_tenant_path(std::filesystem::path const& path);
// As text, whatever its bytes.
std::string shown_path(std::filesystem::path const& path);

// Errors: bad_path as of judge_path(), unreadable (the disk says why; half a file is never taken for one), too_large.
// Messages without the path.
Result<std::string> read_bytes(std::filesystem::path const& file, std::size_t bytes_max);

}  // namespace sotto::app
