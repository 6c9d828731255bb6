// CallKeys for processes on many machines: the keys of calls stand in the database, each sealed under the key of an
// epoch, which stands outside of it, in a file of fixed slots that all processes reach (adapters/key_file). A page, a
// write-ahead log, a replica or a backup of the database holds sealed keys alone, also of those that were destroyed:
// every hour all that live are sealed under a new epoch, and the epoch before is destroyed. From then on no copy of the
// database gives a destroyed key back, whoever has the master key (docs/adr/0016).
//
// The life of an epoch: made (in the file, then in the database) - newest, new keys are sealed under it - closed, which
// waits for whoever is adding a key to it or moving one there - emptied, its keys sealed under the newest - destroyed.
// Each step may be taken by any process, again, and by several at once.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/key_file/key_file.h"
#include "adapters/openssl/seal.h"
#include "adapters/postgres/statements.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "ports/call_keys.h"

namespace sotto::postgres {

// The keys of epochs in a file that several processes use, each for a moment.
class EpochFile {
 public:
  // Errors of all: keys_failed, wrong_master_key.
  EpochFile(std::filesystem::path file, Key const& master) : file_(std::move(file)), master_(master) {}
  Result<KeyId> make();
  Result<void> destroy(KeyId epoch);
  std::string secret(std::string_view purpose) const;
  Result<std::map<KeyId, std::shared_ptr<HeldKey const>>> read();

 private:
  // Waits while another process has it.
  Result<std::unique_ptr<KeyFile>> open();

  std::filesystem::path const file_;
  HeldKey const master_;
};

class PostgresKeys final : public CallKeys {
 public:
  static constexpr std::size_t kGroup = 64;  // keys made at once
  // A copy of a key is kept in memory for so long, so that a call that is written asks once.
  static constexpr Duration kKept = std::chrono::minutes(1);
  // A key that no call names for so long was left behind by a crash. None is given that waited half as long.
  static constexpr Duration kUnnamed = std::chrono::hours(1);

  // Makes the first epoch. Errors: store_failed, keys_failed, wrong_master_key, no_epochs (the file is not of this
  // store: says what to do).
  static Result<std::unique_ptr<PostgresKeys>> open(std::string address, std::filesystem::path const& epochs,
                                                    Key const& master, Clock const& clock);

  Result<KeyId> fresh() override EXCLUDES(mutex_);
  Result<Key> find(KeyId id) override EXCLUDES(mutex_);
  Result<void> destroy(KeyId id) override EXCLUDES(mutex_);
  Result<std::vector<KeyId>> all() override EXCLUDES(mutex_);

  // The key of an epoch, or (0) of the newest one; asks no database while it is known here, and waits for nobody who
  // does. Errors: keys_failed.
  Result<NumberedKey> epoch_key(KeyId id) EXCLUDES(mutex_, known_mutex_);

  // The same for all processes of the cluster and for nobody else: of the master key (RFC 5869, expand).
  std::string secret(std::string_view purpose) EXCLUDES(mutex_);

  // What is due: a new epoch where the newest is older than `age`, and the end of those before. Keys that no call names
  // are destroyed. Minutes for a million keys.
  Result<void> upkeep(Duration age) EXCLUDES(mutex_);

 private:
  struct Kept {
    std::shared_ptr<HeldKey const> key;
    Time at;
  };

  PostgresKeys(std::string address, std::filesystem::path const& epochs, Key const& master, Clock const& clock)
      : clock_(clock), epochs_(epochs, master), link_(std::move(address)) {}

  // Over the connection, once more where it was lost (not what goes on within a transaction). Every error is
  // keys_failed.
  Result<std::vector<Rows>> run(std::vector<Query> const& queries, int tries_max = 2) REQUIRES(mutex_);
  Result<void> load_epochs() REQUIRES(mutex_);
  Result<std::shared_ptr<HeldKey const>> epoch(KeyId id) REQUIRES(mutex_);
  // Of those that were loaded; null: it is not among them.
  std::shared_ptr<HeldKey const> known_epoch(KeyId id) const EXCLUDES(known_mutex_);
  KeyId newest() const EXCLUDES(known_mutex_);
  Result<std::shared_ptr<HeldKey const>> opened(KeyId id, KeyId epoch, std::string const& sealed) REQUIRES(mutex_);
  void keep(KeyId id, std::shared_ptr<HeldKey const> key) REQUIRES(mutex_);
  Result<void> make_group() REQUIRES(mutex_);
  Result<void> make_epoch(Duration age) REQUIRES(mutex_);
  // How many keys of the epoch were sealed under the newest: at most some.
  Result<std::size_t> empty_some(KeyId epoch) REQUIRES(mutex_);
  // The end of that transaction, for the rows that it has locked.
  Result<std::size_t> move_keys(Rows const& found, KeyId from, KeyId to, HeldKey const& key_of_epoch) REQUIRES(mutex_);
  Result<void> end_epoch(KeyId epoch) EXCLUDES(mutex_);

  Clock const& clock_;
  Mutex mutex_;
  EpochFile epochs_ GUARDED_BY(mutex_);
  Link link_ GUARDED_BY(mutex_);
  std::vector<KeyId> ahead_ GUARDED_BY(mutex_);  // made, not given
  Time ahead_since_ GUARDED_BY(mutex_);
  std::map<KeyId, Kept> kept_ GUARDED_BY(mutex_);

  mutable Mutex known_mutex_;  // behind mutex_, and never held while the database is asked
  std::map<KeyId, std::shared_ptr<HeldKey const>> epoch_keys_ GUARDED_BY(known_mutex_);
  KeyId newest_ GUARDED_BY(known_mutex_) = 0;
};

}  // namespace sotto::postgres
