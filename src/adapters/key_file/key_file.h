// CallKeys in one file of fixed slots, each sealed under a master key and overwritten in place when its key is
// destroyed (docs/adr/0010). Layout, all numbers little-endian:
//
//        0  header: "sotto keys 1\n" and zeros to 16 | sealed generation (8 bytes); a second copy of it at 4096
//     8192  slots of 128 bytes: id (8) | sealed key (60) | zeros; a free slot is all zeros
//
// An id is its generation (35 bits) and its slot (28 bits). Keys are made ahead in groups, each with a generation of
// its own that is durable together with its keys: giving one costs no sync but for one in kGroup. The copies of the
// header are written in turn, so a torn one leaves the other. A slot that was torn or garbled cannot be opened: its
// key is taken for destroyed, and what is left of it is overwritten when the file is next opened.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "adapters/key_file/key_disk.h"
#include "adapters/openssl/seal.h"
#include "base/mutex.h"
#include "ports/call_keys.h"

namespace sotto {

class KeyFile final : public CallKeys {
 public:
  static constexpr std::size_t kGroup = 64;            // keys made at once
  static constexpr std::uintmax_t kEmptyBytes = 8192;  // a file that has ever held a key is longer

  // Made if it is not there. Errors: wrong_master_key (or the file is damaged beyond use; nothing of it was changed),
  // keys_failed. `name`: of the file, for errors.
  static Result<std::unique_ptr<KeyFile>> open(std::filesystem::path const& file, Key const& master);
  static Result<std::unique_ptr<KeyFile>> open(std::unique_ptr<KeyDisk> disk, std::string name, Key const& master);
  // Keys that were made ahead and not given are destroyed; after a kill they count as given.
  ~KeyFile() override;

  Result<KeyId> fresh() override EXCLUDES(write_mutex_, mutex_);
  Result<Key> find(KeyId id) override EXCLUDES(mutex_);
  Result<void> destroy(KeyId id) override EXCLUDES(write_mutex_, mutex_);
  Result<std::vector<KeyId>> all() override EXCLUDES(mutex_);

  // The same keys under another master key, as a whole file of its own, on its disk when this returns. How many there
  // are. Errors: keys_failed, also where a key cannot be read.
  Result<std::size_t> copy_to(std::unique_ptr<KeyDisk> disk, std::string name, Key const& master)
      EXCLUDES(write_mutex_, mutex_);

  // Slots that could not be opened and were overwritten when the file was opened: of a crash, or of a failing disk.
  std::size_t garbled() const { return garbled_; }

 private:
  KeyFile(std::unique_ptr<KeyDisk> disk, std::string name, Key const& master)
      : disk_(std::move(disk)), name_(std::move(name)), master_(master) {}

  Result<void> load() REQUIRES(write_mutex_, mutex_);
  Result<void> load_header() REQUIRES(write_mutex_);
  Result<void> load_slots(std::int64_t bytes) REQUIRES(write_mutex_, mutex_);
  Result<void> write_header() REQUIRES(write_mutex_);
  // kGroup more keys, durable. On an error none of them is given.
  Result<void> make_group() REQUIRES(write_mutex_) EXCLUDES(mutex_);
  std::vector<std::size_t> slots_for_group() EXCLUDES(mutex_);
  std::string sealed_slot(KeyId id, Key const& key) const;
  // nullptr: it does not hold the key `id`.
  std::unique_ptr<HeldKey> opened(KeyId id, std::string_view slot) const;

  std::unique_ptr<KeyDisk> const disk_;
  std::string const name_;
  HeldKey const master_;
  std::size_t garbled_ = 0;
  // One writes and syncs at a time: a sync that fails is told to one caller, who must be the one whose bytes it lost.
  Mutex write_mutex_;
  std::int64_t generation_ GUARDED_BY(write_mutex_) = 0;
  // Taken after write_mutex_, never held over a sync.
  Mutex mutex_;
  std::vector<KeyId> slots_ GUARDED_BY(mutex_);       // what each holds; 0: free, or in `dying_`
  std::vector<std::size_t> free_ GUARDED_BY(mutex_);  // below slots_.size()
  std::vector<KeyId> ahead_ GUARDED_BY(mutex_);       // made, not given
  std::set<KeyId> dying_ GUARDED_BY(mutex_);          // overwritten, and no sync has succeeded since
};

}  // namespace sotto
