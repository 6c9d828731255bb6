// Which folder of policies and which of articles belong together: policies/<tenant> and knowledge/<tenant> side by
// side.
#pragma once

#include <filesystem>

namespace sotto::app {

struct TenantFolders {
  std::filesystem::path policies;   // of all tenants
  std::filesystem::path knowledge;  // beside it; empty: there is none
  std::filesystem::path tenant;     // the name of the one that is meant; empty: all, or none was found
};

// For a file or folder below the policies of a tenant: a written call (<tenant>/tests/x.call or <tenant>/x.call), a
// folder of them, the tenant's folder, or the folder of all tenants. A folder named `policies` above it is that of all
// tenants; else the nearest one above that holds policies is a tenant's. `policies` is empty where neither is found.
TenantFolders folders_around(std::filesystem::path const& path);

}  // namespace sotto::app
