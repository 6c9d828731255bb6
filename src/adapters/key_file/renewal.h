// A new master key for the keys of calls (docs/adr/0010). The file of keys is written anew under it, beside the one in
// use, and takes its place in one step, so that at every moment one of the two master keys opens all keys; what stood
// there before is overwritten. While another process holds the keys nothing is done.
//
// Steps, each on the disk before the next: master.key.next | keys.new | keys.old = the file in use | keys.new becomes
// `keys` | master.key.next becomes `master.key` | keys.old and the old master key are overwritten. A start that finds
// some of these files finishes the work or, before `keys` was replaced, drops it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

#include "adapters/key_file/key_file.h"
#include "adapters/key_file/master_key.h"

namespace sotto {

struct Renewed {
  std::size_t keys = 0;
  MasterKeyPlace before = MasterKeyPlace::own;  // where the old master key stands
  bool own = false;  // the new one was made and stands in the folder; else it is the one that was given
};
// `fresh`: the file of the new master key; empty: it is made, and kept in the folder where the old one is kept there,
// else that is error bad_master_key. `between`: called between the steps, for tests. Errors: those of open_call_keys(),
// no_keys (nothing was ever stored in the folder), keys_failed, bad_master_key.
Result<Renewed> renew_master_key(
    std::filesystem::path const& folder, KeySettings const& settings, std::filesystem::path const& fresh,
    std::function<void()> const& between = [] {});

// KeyFile::open(), after a renewal that was cut off is finished or dropped.
Result<std::unique_ptr<KeyFile>> open_after_renewal(KeyFiles const& files, MasterKeyPlace place, Key const& master);

}  // namespace sotto
