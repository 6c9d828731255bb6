#include "library/tenant_folders.h"

#include <algorithm>

#include "adapters/files/folder.h"

namespace sotto::app {

namespace fs = std::filesystem;

namespace {

bool holds_policies(fs::path const& folder) {
  auto const is_policy = [](fs::path const& file) {
    return file.extension() == ".yaml" || file.extension() == ".intents";
  };
  auto const listing = files_below(folder, {.wanted = is_policy, .below = false});
  return listing && !listing->files.empty();
}

}  // namespace

TenantFolders folders_around(fs::path const& path) {
  std::error_code failed;
  auto at = fs::absolute(path / "").lexically_normal().parent_path();
  if (!fs::is_directory(at, failed)) at = at.parent_path();
  TenantFolders out;
  fs::path nearest;
  for (auto folder = at; folder.has_relative_path(); folder = folder.parent_path()) {
    if (folder.filename() == "policies") {
      out.policies = folder;
      break;
    }
    if (nearest.empty() && holds_policies(folder)) nearest = folder;
    out.tenant = folder.filename();
  }
  if (out.policies.empty()) {
    if (nearest.empty()) return {};
    out.policies = nearest.parent_path();
    out.tenant = nearest.filename();
  }
  auto const beside = out.policies.parent_path() / "knowledge";
  if (fs::is_directory(beside, failed)) out.knowledge = beside;
  return out;
}

}  // namespace sotto::app
