// A disk under SQLite that loses what a page cache loses: what was written since a file's last sync is gone when a sync
// of it fails (the kernel drops such pages, and a later sync that succeeds says nothing of them) and when the power is
// cut. While it lives it is the file system of every connection that is opened.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/mutex.h"

struct sqlite3_file;
struct sqlite3_vfs;

namespace sotto {

class FailingDisk {
 public:
  FailingDisk();
  // All connections are closed before.
  ~FailingDisk();
  FailingDisk(FailingDisk const&) = delete;
  FailingDisk& operator=(FailingDisk const&) = delete;

  // The next `times` syncs of files whose names end so fail: "-wal", ".db".
  void fail_syncs(std::string ending, int times);
  // Syncs wait.
  void hold();
  void let_go();
  // What would be left of a folder's files, were the power cut now.
  void copy_what_is_left(std::filesystem::path const& from, std::filesystem::path const& to);
  int failed();

  // Of the connections.
  void opened(std::string const& path);
  void removed(std::string const& path);
  // False: it fails.
  bool sync(std::string const& path, sqlite3_file* file);

 private:
  std::string name_;
  sqlite3_vfs* vfs_;
  Mutex mutex_;
  Condition changed_;
  std::map<std::string, std::string> synced_ GUARDED_BY(mutex_);  // path -> what a power cut leaves
  std::string ending_ GUARDED_BY(mutex_);
  int failing_ GUARDED_BY(mutex_) = 0;
  int failed_ GUARDED_BY(mutex_) = 0;
  bool held_ GUARDED_BY(mutex_) = false;
};

}  // namespace sotto
