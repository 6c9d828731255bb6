// The folder of the embedded store: ours alone, held by one process at a time, its file `sotto.db` migrated to what
// this program knows (schema.sql.h).
#pragma once

#include <filesystem>

#include "base/error.h"

namespace sotto::sqlite {

class StoreFolder {
 public:
  // Creates the folder and the file where they are missing. Errors: store_failed, store_in_use (another process holds
  // it).
  static Result<StoreFolder> open(std::filesystem::path const& directory);
  StoreFolder(StoreFolder&& other) noexcept;
  StoreFolder& operator=(StoreFolder&&) = delete;
  // Others may open it now.
  ~StoreFolder();

  std::filesystem::path file() const { return directory_ / "sotto.db"; }
  std::filesystem::path const& directory() const { return directory_; }

 private:
  StoreFolder(std::filesystem::path directory, int lock);

  std::filesystem::path directory_;
  int lock_;
};

// Reads every page of the file and tells the log what is wrong with them. Takes as long as the file is large.
void check_pages(std::filesystem::path const& file);

}  // namespace sotto::sqlite
