// Disks under a real server that fail as real ones do: one that is full, and one whose syncs fail.
#pragma once

#include <filesystem>
#include <string>

namespace sotto {

// A folder with a disk of its own, in memory; what stood in the folder is on it.
class SmallDisk {
 public:
  // Why none can be made here; empty: they can.
  static std::string missing();
  SmallDisk(std::filesystem::path folder, int mebibytes);
  ~SmallDisk();
  SmallDisk(SmallDisk const&) = delete;
  SmallDisk& operator=(SmallDisk const&) = delete;

  // Nothing has room on it, until it is freed.
  void fill();
  void free();

 private:
  std::filesystem::path const folder_;
};

// Syncs of a server's files: while they are told to fail, its process gets EIO and nothing reaches the disk.
class FailingSyncs {
 public:
  FailingSyncs();
  ~FailingSyncs();
  FailingSyncs(FailingSyncs const&) = delete;
  FailingSyncs& operator=(FailingSyncs const&) = delete;

  // What the server's process has in its environment.
  std::string environment() const;
  // "fsync": of the files of tables; "fdatasync": of the write-ahead log.
  void fail(std::string const& call);
  void heal();

 private:
  std::filesystem::path folder_;
};

}  // namespace sotto
