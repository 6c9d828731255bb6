// Where the master key comes from, and the keys of calls opened with it. The settings section `keys`:
//
//   keys:
//     command: [vault, kv, get, -field=key, secret/sotto]   # prints it; or
//     file: /etc/sotto/master.key                           # its first line
//
// SOTTO_MASTER_KEY in the environment goes before both. With none of the three it stands in `master.key` beside the
// store, made at the first start. A master key is 32 bytes: 64 hex digits or base64. No error ever shows one.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/openssl/seal.h"
#include "base/error.h"
#include "base/fields_yaml.h"
#include "ports/call_keys.h"

namespace sotto {

inline constexpr char const* kMasterKeyVariable = "SOTTO_MASTER_KEY";

struct KeySettings {
  std::vector<std::string> command;  // and its arguments: it has 30 s
  std::filesystem::path file;        // readable for its user alone
};

template <>
struct Fields<KeySettings> {
  static constexpr std::string_view title = "keys";
  static constexpr auto list = std::tuple(
      field("command", &KeySettings::command,
            {.text = "a program and its arguments; it prints the master key within 30 s", .shown = settings::hidden}),
      field("file", &KeySettings::file, {.text = "the file whose first line is the master key"}));
  static std::optional<settings::Complaint> check(KeySettings const& keys) {
    if (keys.command.empty() || keys.file.empty()) return std::nullopt;
    return settings::Complaint{"", "command or file, not both"};
  }
};

// The file `keys` in `folder` (that of the store), which is made if need be. Blocks: for the disk, or for the command.
// Errors: bad_master_key (none, or one that is no key: names its place), wrong_master_key (of KeyFile::open),
// keys_failed.
Result<std::unique_ptr<CallKeys>> open_call_keys(std::filesystem::path const& folder, KeySettings const& settings);

// The files of keys in a folder, and those of a renewal that is under way (renewal.h).
struct KeyFiles {
  explicit KeyFiles(std::filesystem::path const& folder)
      : keys(folder / "keys"),
        fresh_keys(folder / "keys.new"),
        old_keys(folder / "keys.old"),
        master(folder / "master.key"),
        next_master(folder / "master.key.next"),
        old_master(folder / "master.key.old") {}
  std::filesystem::path keys, fresh_keys, old_keys, master, next_master, old_master;
};
// Where a master key was found; own: in the folder of the store.
enum class MasterKeyPlace { environment, command, file, own };
// Into `key`. `stands`: there are keys under it already, so that none is made. Errors: bad_master_key.
Result<MasterKeyPlace> find_master_key(KeyFiles const& files, bool stands, KeySettings const& settings, Key& key);
// The first line of a file that its user alone may read. Errors: bad_master_key.
Result<void> read_master_key(std::filesystem::path const& file, Key& key);
// A new key in a file of its own, on the disk. Errors: bad_master_key.
Result<void> make_master_key(std::filesystem::path const& file, Key& key);
// Into `key`. Errors: bad_master_key.
Result<void> parse_master_key(std::string_view text, std::string_view place, Key& key);

}  // namespace sotto
