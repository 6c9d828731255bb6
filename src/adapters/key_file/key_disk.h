// The bytes under a key file, so that a disk that fails and a power cut can be played in tests. LockedFile is the real
// one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sotto {

// Errors: keys_failed.
class KeyDisk {
 public:
  virtual ~KeyDisk() = default;
  virtual Result<std::int64_t> size() const = 0;
  // Fewer bytes only at the end of the file.
  virtual Result<std::string> read(std::int64_t at, std::size_t count) const = 0;
  // In place; the file grows where need be.
  virtual Result<void> write(std::int64_t at, std::string_view bytes) = 0;
  // What was written stands on the disk. After an error any of it may be lost, also if a later sync succeeds.
  virtual Result<void> sync() = 0;
};

// A file that this process alone holds (flock(2)) and that its user alone may read: mode 0600, made if need be in a
// folder that exists. Error keys_in_use: another process has it. Refused: a link, a file of another user, one that
// others may read or write.
class LockedFile final : public KeyDisk {
 public:
  static Result<std::unique_ptr<LockedFile>> open(std::filesystem::path const& file);
  ~LockedFile() override;
  LockedFile(LockedFile const&) = delete;
  LockedFile& operator=(LockedFile const&) = delete;

  Result<std::int64_t> size() const override;
  Result<std::string> read(std::int64_t at, std::size_t count) const override;
  Result<void> write(std::int64_t at, std::string_view bytes) override;
  Result<void> sync() override;

 private:
  LockedFile(std::filesystem::path file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}

  std::filesystem::path const file_;
  int const descriptor_;
};

// What stands in the file is overwritten and on the disk; then the file goes. One that is not there is a success.
Result<void> wipe_file(std::filesystem::path const& file);
// Whether the open file is a plain one that its user alone may read and write; `root_too`: or root, who gave it to us.
Result<void> judge_secret_file(int descriptor, std::filesystem::path const& file, bool root_too = false);
// Its entry in its folder stands on the disk.
Result<void> sync_folder_of(std::filesystem::path const& file);

}  // namespace sotto
