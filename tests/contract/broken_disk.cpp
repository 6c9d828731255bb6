#include "contract/broken_disk.h"

#include <array>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

namespace sotto {

namespace fs = std::filesystem;

namespace {

fs::path temporary_folder(std::string const& name) {
  std::string pattern = (fs::temp_directory_path() / (name + "-XXXXXX")).string();
  CHECK(mkdtemp(pattern.data()));
  return pattern;
}

void copy_all(fs::path const& from, fs::path const& to) {
  CHECK(std::system(fmt::format("cp -a {}/. {}", from.string(), to.string()).c_str()) == 0);
}

bool mount_memory(fs::path const& folder, std::string const& options) {
  return ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

}  // namespace

std::string SmallDisk::missing() {
  auto const folder = temporary_folder("sotto-mount");
  bool const may = mount_memory(folder, "size=64k");
  if (may) ::umount2(folder.c_str(), MNT_DETACH);
  fs::remove(folder);
  return may ? "" : "no right to mount a small disk here";
}

SmallDisk::SmallDisk(fs::path folder, int mebibytes) : folder_(std::move(folder)) {
  struct stat of{};
  CHECK(::stat(folder_.c_str(), &of) == 0);
  auto const before = temporary_folder("sotto-before");
  copy_all(folder_, before);
  CHECK(mount_memory(
      folder_, fmt::format("size={}m,uid={},gid={},mode={:o}", mebibytes, of.st_uid, of.st_gid, of.st_mode & 07777)));
  copy_all(before, folder_);
  CHECK(::chown(folder_.c_str(), of.st_uid, of.st_gid) == 0 && ::chmod(folder_.c_str(), of.st_mode & 07777) == 0);
  fs::remove_all(before);
}

SmallDisk::~SmallDisk() { ::umount2(folder_.c_str(), MNT_DETACH); }

void SmallDisk::fill() {
  int const file = ::open((folder_ / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  CHECK(file >= 0);
  std::array<char, 4096> const page{};
  while (::write(file, page.data(), page.size()) > 0) {
  }
  ::close(file);
}

void SmallDisk::free() { fs::remove(folder_ / "filler"); }

FailingSyncs::FailingSyncs() : folder_(temporary_folder("sotto-syncs")) {
  fs::permissions(folder_, fs::perms(0755));  // the server runs as somebody else
  auto const make = fmt::format("clang-19 -shared -fPIC -O1 -o {}/failing_syncs.so {}/tests/faults/failing_syncs.c",
                                folder_.string(), SOTTO_SOURCE_DIR);
  CHECK(std::system(make.c_str()) == 0);
}

FailingSyncs::~FailingSyncs() {
  std::error_code left;
  fs::remove_all(folder_, left);
}

std::string FailingSyncs::environment() const {
  return fmt::format("LD_PRELOAD={0}/failing_syncs.so SOTTO_FAILING_SYNCS={0}", folder_.string());
}

void FailingSyncs::fail(std::string const& call) { std::ofstream(folder_ / call) << "fails\n"; }

void FailingSyncs::heal() {
  for (auto const* call : {"fsync", "fdatasync"}) fs::remove(folder_ / call);
}

}  // namespace sotto
