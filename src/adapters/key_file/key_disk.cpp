#include "adapters/key_file/key_disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace sotto {

static std::unexpected<Error> failed(std::filesystem::path const& file, char const* what) {
  return fail("keys_failed", fmt::format("{}: cannot {}: {}", file.string(), what, std::strerror(errno)));
}

Result<void> judge_secret_file(int descriptor, std::filesystem::path const& file, bool root_too) {
  struct stat found{};
  if (::fstat(descriptor, &found) != 0) return failed(file, "look at it");
  if (!S_ISREG(found.st_mode)) return fail("keys_failed", file.string() + " is no plain file");
  if (found.st_uid != ::geteuid() && !(root_too && found.st_uid == 0))
    return fail("keys_failed", file.string() + " belongs to another user");
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail("keys_failed", fmt::format("others may read {} (mode {:o}): chmod 600 it, and take what it held for "
                                           "known to whoever could read it",
                                           file.string(), found.st_mode & 07777));
  }
  return {};
}

Result<void> sync_folder_of(std::filesystem::path const& file) {
  auto const parent = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  int const folder = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return failed(parent, "open it");
  bool const done = ::fsync(folder) == 0;
  ::close(folder);
  if (!done) return failed(parent, "write it to the disk");
  return {};
}

Result<void> wipe_file(std::filesystem::path const& file) {
  int const descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return errno == ENOENT ? Result<void>() : failed(file, "open it");
  struct stat found{};
  bool good = ::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode);
  std::string const zeros(1u << 16, '\0');
  for (std::int64_t at = 0; good && at < found.st_size; at += static_cast<std::int64_t>(zeros.size()))
    good = ::pwrite(descriptor, zeros.data(),
                    static_cast<std::size_t>(
                        std::min<std::int64_t>(static_cast<std::int64_t>(zeros.size()), found.st_size - at)),
                    at) > 0;
  good = good && ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!good || ::unlink(file.c_str()) != 0) return failed(file, "overwrite it");
  return sync_folder_of(file);
}

Result<std::unique_ptr<LockedFile>> LockedFile::open(std::filesystem::path const& file) {
  int const descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (descriptor < 0) return failed(file, "open it");
  std::unique_ptr<LockedFile> out(new LockedFile(file, descriptor));
  if (auto judged = judge_secret_file(descriptor, file); !judged) return std::unexpected(judged.error());
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return fail("keys_in_use", file.string() + " is in use by another sotto");
  if (auto synced = sync_folder_of(file); !synced) return std::unexpected(synced.error());
  return out;
}

LockedFile::~LockedFile() { ::close(descriptor_); }

Result<std::int64_t> LockedFile::size() const {
  struct stat found{};
  if (::fstat(descriptor_, &found) != 0) return failed(file_, "look at it");
  return found.st_size;
}

Result<std::string> LockedFile::read(std::int64_t at, std::size_t count) const {
  std::string out(count, '\0');
  std::size_t done = 0;
  while (done < count) {
    auto const got = ::pread(descriptor_, out.data() + done, count - done, at + static_cast<std::int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(file_, "read it");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return out;
}

Result<void> LockedFile::write(std::int64_t at, std::string_view bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    auto const wrote =
        ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done, at + static_cast<std::int64_t>(done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return failed(file_, "write in it");
    done += static_cast<std::size_t>(wrote);
  }
  return {};
}

Result<void> LockedFile::sync() {
  if (::fdatasync(descriptor_) != 0) return failed(file_, "write it to the disk");
  return {};
}

}  // namespace sotto
