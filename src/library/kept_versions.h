// Versions of tenants between the folders they are written in and the store they are kept in (ports/tenant_versions.h).
// Blocks; on the library's reading thread, or in a command.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "library/tenant_files.h"
#include "ports/tenant_versions.h"

namespace sotto::app {

// All files of a tenant that make a version, by their paths in it. Errors: unreadable, too_many, too_large, bad_path.
Result<std::vector<VersionFile>> gather_version(std::filesystem::path const& policies,
                                                std::filesystem::path const& knowledge);
// Below `folder`, which is made: policies/.. and knowledge/.. Errors: unwritable, bad_path.
Result<void> write_version(std::vector<VersionFile> const& files, std::filesystem::path const& folder);

class KeptVersions {
 public:
  // `scratch`: a folder of its own, in which a version is read; it is removed afterwards.
  KeptVersions(TenantVersions& versions, std::filesystem::path scratch)
      : versions_(versions), scratch_(std::move(scratch)) {}

  // The tenant's folders are in force from `at` on. What goes wrong is told in the log: the version is in force all the
  // same.
  void keep(std::string const& tenant, std::string const& digest, std::filesystem::path const& policies,
            std::filesystem::path const& knowledge, Time at);
  struct Good {
    TenantFiles files;
    VersionFacts facts;
  };
  // The newest version that this program takes without a problem, of the newest few; nullopt: there is none.
  std::optional<Good> last_good(std::string const& tenant, ArticleTools const& tools);
  // Those that have one.
  std::vector<std::string> tenants();

 private:
  Result<Good> read(std::string const& tenant, VersionFacts const& facts, ArticleTools const& tools);

  TenantVersions& versions_;
  std::filesystem::path const scratch_;
};

}  // namespace sotto::app
