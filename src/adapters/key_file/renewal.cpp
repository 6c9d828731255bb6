#include "adapters/key_file/renewal.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace sotto {

namespace fs = std::filesystem;

namespace {

std::unexpected<Error> failed(fs::path const& file, char const* what) {
  return fail("keys_failed", fmt::format("{}: cannot {}: {}", file.string(), what, std::strerror(errno)));
}

bool is_there(fs::path const& file) {
  std::error_code failed;
  return fs::exists(fs::symlink_status(file, failed));
}

Result<void> replace(fs::path const& from, fs::path const& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return failed(to, "replace it");
  return sync_folder_of(to);
}

// `old` is a second name of the file in use, by which it is found when its own name is another's.
Result<void> name_old(fs::path const& now, fs::path const& old) {
  if (::link(now.c_str(), old.c_str()) != 0) return failed(old, "make it");
  return sync_folder_of(old);
}

// What `old` names is overwritten, but never the file in use: cut off early, both are names of it.
Result<void> drop_old(fs::path const& now, fs::path const& old) {
  struct stat is_old{}, is_now{};
  if (::lstat(old.c_str(), &is_old) != 0) return {};
  if (::lstat(now.c_str(), &is_now) != 0) return failed(now, "look at it");
  if (is_old.st_dev != is_now.st_dev || is_old.st_ino != is_now.st_ino) return wipe_file(old);
  if (::unlink(old.c_str()) != 0) return failed(old, "take its name away");
  return sync_folder_of(old);
}

// What is left of a renewal, once it is known which master key opens the keys.
Result<void> clean_up(KeyFiles const& files) {
  for (auto const& left : {files.fresh_keys, files.next_master, fs::path(files.next_master.string() + ".new")}) {
    if (auto wiped = wipe_file(left); !wiped) return wiped;
  }
  if (is_there(files.old_master)) {
    if (auto dropped = drop_old(files.master, files.old_master); !dropped) return dropped;
  }
  return drop_old(files.keys, files.old_keys);
}

// The new master key becomes the one of the folder, and the old one is overwritten.
Result<void> put_master(KeyFiles const& files) {
  if (auto dropped = drop_old(files.master, files.old_master); !dropped) return dropped;
  if (auto named = name_old(files.master, files.old_master); !named) return named;
  if (auto done = replace(files.next_master, files.master); !done) return done;
  return drop_old(files.master, files.old_master);
}

}  // namespace

Result<std::unique_ptr<KeyFile>> open_after_renewal(KeyFiles const& files, MasterKeyPlace place, Key const& master) {
  auto keys = KeyFile::open(files.keys, master);
  bool const other = !keys && keys.error().code == "wrong_master_key";
  if (other && place == MasterKeyPlace::own && is_there(files.next_master)) {
    HeldKey next;
    if (auto read = read_master_key(files.next_master, *next); !read) return std::unexpected(read.error());
    auto renewed = KeyFile::open(files.keys, *next);
    if (!renewed) return keys;  // it is neither's: nothing of it is touched
    if (auto put = put_master(files); !put) return std::unexpected(put.error());
    keys = std::move(renewed);
  }
  if (!keys) return keys;
  if (auto cleaned = clean_up(files); !cleaned) return std::unexpected(cleaned.error());
  return keys;
}

// The new master key, in `next_master` too where it is to be the folder's own.
static Result<void> find_fresh(KeyFiles const& files, MasterKeyPlace before, fs::path const& given, Key& fresh) {
  if (!given.empty()) return read_master_key(given, fresh);
  if (before == MasterKeyPlace::own) return make_master_key(files.next_master, fresh);
  return fail("bad_master_key",
              "the master key of these calls is kept elsewhere: give the new one as a file, then keep it there too");
}

// All keys under the new master key in `keys.new`, read back; it stays held.
static Result<std::unique_ptr<KeyFile>> write_fresh(KeyFiles const& files, KeyFile& keys, Key const& fresh) {
  auto disk = LockedFile::open(files.fresh_keys);
  if (!disk) return std::unexpected(disk.error());
  if (auto written = keys.copy_to(std::move(*disk), files.fresh_keys.string(), fresh); !written)
    return std::unexpected(written.error());
  auto again = KeyFile::open(files.fresh_keys, fresh);
  if (!again) return again;
  auto const ids = keys.all();
  if (!ids) return std::unexpected(ids.error());
  for (auto const id : *ids) {
    auto const one = keys.find(id), other = (*again)->find(id);
    if (!one || !other || *one != *other)
      return fail("keys_failed", fmt::format("{}: key {} is not what was written", files.fresh_keys.string(), id));
  }
  return again;
}

Result<Renewed> renew_master_key(fs::path const& folder, KeySettings const& settings, fs::path const& fresh,
                                 std::function<void()> const& between) {
  KeyFiles const files(folder);
  if (!is_there(files.keys))
    return fail("no_keys", fmt::format("{} holds no keys of calls: is it the folder of the store?", folder.string()));
  HeldKey before, after;
  auto const place = find_master_key(files, true, settings, *before);
  if (!place) return std::unexpected(place.error());
  auto const keys = open_after_renewal(files, *place, *before);
  if (!keys) return std::unexpected(keys.error());
  if (auto found = find_fresh(files, *place, fresh, *after); !found) return std::unexpected(found.error());
  between();
  auto const renewed = write_fresh(files, **keys, *after);
  if (!renewed) return std::unexpected(renewed.error());
  auto const count = (*renewed)->all();
  if (!count) return std::unexpected(count.error());
  bool const own = fresh.empty();
  std::function<Result<void>()> const steps[] = {
      [&] { return name_old(files.keys, files.old_keys); },
      [&] { return replace(files.fresh_keys, files.keys); },
      [&] { return own ? put_master(files) : Result<void>(); },
      [&] { return drop_old(files.keys, files.old_keys); },
  };
  for (auto const& step : steps) {
    between();
    if (auto done = step(); !done) return std::unexpected(done.error());
  }
  between();
  return Renewed{.keys = count->size(), .before = *place, .own = own};
}

}  // namespace sotto
