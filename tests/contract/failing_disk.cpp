#include "contract/failing_disk.h"

#include <fstream>
#include <iterator>
#include <new>
#include <utility>

#include <sqlite3.h>

#include "base/check.h"

namespace sotto {

namespace {

namespace fs = std::filesystem;

std::string content(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator(in), {}};
}
// Over the open file: to open and close another handle would drop the locks of this one.
std::string content(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  file->pMethods->xFileSize(file, &size);
  std::string out(static_cast<std::size_t>(size), '\0');
  if (size > 0) file->pMethods->xRead(file, out.data(), static_cast<int>(size), 0);
  return out;
}
void set_content(sqlite3_file* file, std::string const& text) {
  file->pMethods->xWrite(file, text.data(), static_cast<int>(text.size()), 0);
  file->pMethods->xTruncate(file, static_cast<sqlite3_int64>(text.size()));
}

// A file of ours, with the real one behind it in the memory that SQLite gives.
struct File {
  sqlite3_file base;
  FailingDisk* disk;
  std::string* path;  // null: a temporary one

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

template <auto Method, typename... Arguments>
int forward(sqlite3_file* file, Arguments... arguments) {
  auto* real = reinterpret_cast<File*>(file)->real();
  return (real->pMethods->*Method)(real, arguments...);
}

int close_file(sqlite3_file* file) {
  delete reinterpret_cast<File*>(file)->path;
  return forward<&sqlite3_io_methods::xClose>(file);
}

int sync_file(sqlite3_file* file, int flags) {
  auto* ours = reinterpret_cast<File*>(file);
  if (ours->path && !ours->disk->sync(*ours->path, ours->real())) return SQLITE_IOERR_FSYNC;
  return forward<&sqlite3_io_methods::xSync>(file, flags);
}

void barrier(sqlite3_file* file) {
  auto* real = reinterpret_cast<File*>(file)->real();
  real->pMethods->xShmBarrier(real);
}

using Io = sqlite3_io_methods;
constexpr Io kMethods{
    .iVersion = 2,
    .xClose = close_file,
    .xRead = [](auto* f, void* to, int n, sqlite3_int64 at) { return forward<&Io::xRead>(f, to, n, at); },
    .xWrite = [](auto* f, void const* from, int n, sqlite3_int64 at) { return forward<&Io::xWrite>(f, from, n, at); },
    .xTruncate = [](auto* f, sqlite3_int64 size) { return forward<&Io::xTruncate>(f, size); },
    .xSync = sync_file,
    .xFileSize = [](auto* f, sqlite3_int64* size) { return forward<&Io::xFileSize>(f, size); },
    .xLock = [](auto* f, int level) { return forward<&Io::xLock>(f, level); },
    .xUnlock = [](auto* f, int level) { return forward<&Io::xUnlock>(f, level); },
    .xCheckReservedLock = [](auto* f, int* out) { return forward<&Io::xCheckReservedLock>(f, out); },
    .xFileControl = [](auto* f, int op, void* argument) { return forward<&Io::xFileControl>(f, op, argument); },
    .xSectorSize = [](auto* f) { return forward<&Io::xSectorSize>(f); },
    .xDeviceCharacteristics = [](auto* f) { return forward<&Io::xDeviceCharacteristics>(f); },
    .xShmMap = [](auto* f, int page, int size, int extend,
                  void volatile** out) { return forward<&Io::xShmMap>(f, page, size, extend, out); },
    .xShmLock = [](auto* f, int at, int n, int flags) { return forward<&Io::xShmLock>(f, at, n, flags); },
    .xShmBarrier = barrier,
    .xShmUnmap = [](auto* f, int remove) { return forward<&Io::xShmUnmap>(f, remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr};

sqlite3_vfs* real_vfs(sqlite3_vfs* ours) { return sqlite3_vfs_find(ours->zName + sizeof("failing-") - 1); }

int open_file(sqlite3_vfs* vfs, char const* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* ours = reinterpret_cast<File*>(file);
  auto* real = real_vfs(vfs);
  auto* disk = static_cast<FailingDisk*>(vfs->pAppData);
  if (name) disk->opened(name);
  int const code = real->xOpen(real, name, ours->real(), flags, out_flags);
  ours->base.pMethods = ours->real()->pMethods ? &kMethods : nullptr;
  ours->disk = disk;
  ours->path = name ? new std::string(name) : nullptr;
  return code;
}

int delete_file(sqlite3_vfs* vfs, char const* name, int sync) {
  static_cast<FailingDisk*>(vfs->pAppData)->removed(name);
  auto* real = real_vfs(vfs);
  return real->xDelete(real, name, sync);
}

}  // namespace

FailingDisk::FailingDisk() : vfs_(new sqlite3_vfs(*sqlite3_vfs_find(nullptr))) {
  name_ = std::string("failing-") + vfs_->zName;
  vfs_->szOsFile += static_cast<int>(sizeof(File));
  vfs_->zName = name_.c_str();
  vfs_->pNext = nullptr;
  vfs_->pAppData = this;
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  CHECK(sqlite3_vfs_register(vfs_, 1) == SQLITE_OK);
}

FailingDisk::~FailingDisk() {
  auto* real = real_vfs(vfs_);
  sqlite3_vfs_unregister(vfs_);
  sqlite3_vfs_register(real, 1);
  delete vfs_;
}

void FailingDisk::fail_syncs(std::string ending, int times) {
  Lock const hold(mutex_);
  ending_ = std::move(ending);
  failing_ = times;
}

void FailingDisk::hold() {
  Lock const hold(mutex_);
  held_ = true;
}

void FailingDisk::let_go() {
  Lock const hold(mutex_);
  held_ = false;
  changed_.notify_all();
}

int FailingDisk::failed() {
  Lock const hold(mutex_);
  return failed_;
}

void FailingDisk::copy_what_is_left(fs::path const& from, fs::path const& to) {
  Lock const hold(mutex_);
  fs::create_directories(to);
  for (auto const& [path, text] : synced_) {
    if (fs::path(path).parent_path() == from) std::ofstream(to / fs::path(path).filename(), std::ios::binary) << text;
  }
}

void FailingDisk::opened(std::string const& path) {
  Lock const hold(mutex_);
  if (!synced_.contains(path)) synced_[path] = content(path);
}

void FailingDisk::removed(std::string const& path) {
  Lock const hold(mutex_);
  synced_.erase(path);
}

bool FailingDisk::sync(std::string const& path, sqlite3_file* file) {
  Lock const hold(mutex_);
  while (held_) changed_.wait(mutex_);
  if (failing_ > 0 && path.ends_with(ending_)) {
    --failing_;
    ++failed_;
    set_content(file, synced_[path]);
    return false;
  }
  synced_[path] = content(file);
  return true;
}

}  // namespace sotto
