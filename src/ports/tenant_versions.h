// Port TenantVersions: every version of a tenant's files - policies, articles, questions, intents - that came into
// force, kept so that it can be looked at, compared, and put in force again where the files are wrong at a start. The
// files are not text of calls: they are not sealed.
//
// Contract (tests/contract/tenant_versions_contract.h):
//  * keep() is durable when it returns. Files that are the same in several versions are kept once.
//  * What goes beyond the bounds goes, the oldest version of the tenant first, never the newest.
//  * Blocks for a disk. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace sotto {

struct VersionFile {
  std::string path;  // "policies/billing/rules.yaml", "knowledge/fees.md": below the tenant's folders
  std::string bytes;
};

struct VersionFacts {
  std::int64_t number = 0;  // of the tenant: 1, 2, 3 ...
  std::string digest;       // as the log and cues name it; of other files it is another
  std::string who;          // whose the changed files are; "-" where that is not known
  Time at;                  // when it came into force
  std::size_t files = 0;
  std::vector<std::string> added, changed, removed;  // paths, against the version before, where that is still kept
};

// Of one tenant.
struct VersionBounds {
  std::size_t versions = 100;
  std::uint64_t bytes = 256u << 20;  // of its files as they are, each once
};

class TenantVersions {
 public:
  virtual ~TenantVersions() = default;
  // The version that is in force from `at` on; nothing is kept where its files are those of the newest one. The number
  // of the newest. Errors: store_failed.
  virtual Result<std::int64_t> keep(std::string const& tenant, std::string const& digest, std::string const& who,
                                    Time at, std::vector<VersionFile> const& files) = 0;
  // The newest first. None of a tenant that is not known. Errors: store_failed.
  virtual Result<std::vector<VersionFacts>> list(std::string const& tenant) = 0;
  // In order of their paths. Errors: no_such_version, damaged (what stands there is not what was kept), store_failed.
  virtual Result<std::vector<VersionFile>> files(std::string const& tenant, std::int64_t number) = 0;
  // Tenants whose newest version has files. Errors: store_failed.
  virtual Result<std::vector<std::string>> tenants() = 0;
};

}  // namespace sotto
