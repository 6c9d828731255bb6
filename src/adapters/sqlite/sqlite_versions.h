// TenantVersions in a SQLite file of its own: versions, the paths of their files, and the files' bytes by digest, each
// once and packed with zlib (RFC 1950).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "adapters/sqlite/database.h"
#include "ports/tenant_versions.h"

namespace sotto::sqlite {

class SqliteVersions final : public TenantVersions {
 public:
  // Made if it is not there, for its user alone. Errors: store_failed.
  static Result<std::unique_ptr<SqliteVersions>> open(std::filesystem::path const& file, VersionBounds bounds = {});
  // For looking only. Errors: no_versions (no such file), store_failed.
  static Result<std::unique_ptr<SqliteVersions>> open_to_read(std::filesystem::path const& file);

  Result<std::int64_t> keep(std::string const& tenant, std::string const& digest, std::string const& who, Time at,
                            std::vector<VersionFile> const& files) override;
  Result<std::vector<VersionFacts>> list(std::string const& tenant) override;
  Result<std::vector<VersionFile>> files(std::string const& tenant, std::int64_t number) override;
  Result<std::vector<std::string>> tenants() override;

 private:
  struct Stored {  // a file of a version
    std::string path, digest;
    bool operator==(Stored const&) const = default;
  };
  struct Row {  // a version
    std::int64_t id = 0;
    VersionFacts facts;
  };
  SqliteVersions(std::unique_ptr<Database> database, VersionBounds bounds)
      : database_(std::move(database)), bounds_(bounds) {}

  Result<std::vector<Row>> rows(std::string const& tenant, std::size_t most);
  Result<std::vector<Stored>> stored(std::int64_t version);
  Result<void> add(std::string const& tenant, VersionFacts const& facts, std::vector<VersionFile> const& files,
                   std::vector<Stored> const& stored);
  Result<void> add_bytes(std::string const& digest, std::string const& bytes);
  Result<void> forget_oldest(std::string const& tenant);
  Result<void> forget(std::int64_t version);
  Result<std::uint64_t> bytes_of(std::string const& tenant);

  std::unique_ptr<Database> const database_;
  VersionBounds const bounds_;
};

}  // namespace sotto::sqlite
