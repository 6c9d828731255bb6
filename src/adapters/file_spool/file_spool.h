// AudioSpool in files without a name (open(2), O_TMPFILE): only this process can read them, and they vanish with it.
#pragma once

#include <filesystem>
#include <set>

#include "base/error.h"
#include "ports/audio_spool.h"

namespace sotto {

class FileSpools final : public AudioSpools {
 public:
  // `folder` is made if need be. `tenants`: those that allow recording. `bytes_max`: of one track.
  FileSpools(std::filesystem::path folder, std::set<std::string> tenants, std::int64_t bytes_max);

  std::unique_ptr<AudioSpool> open(std::string const& tenant) override;

 private:
  std::filesystem::path const folder_;
  std::set<std::string> const tenants_;
  std::int64_t const bytes_max_;
};

}  // namespace sotto
