#include "adapters/postgres/postgres_keys.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>

#include "adapters/openssl/secrets.h"
#include "base/limits.h"

namespace sotto::postgres {

// --- the file of epochs ---

Result<std::unique_ptr<KeyFile>> EpochFile::open() {
  constexpr int tries = 50;
  for (int i = 1;; ++i) {
    auto file = KeyFile::open(file_, *master_);
    if (file || file.error().code != "keys_in_use" || i == tries) return file;
    ::poll(nullptr, 0, 100);  // it is held for milliseconds
  }
}

Result<KeyId> EpochFile::make() {
  auto const file = open();
  return file ? (*file)->fresh() : std::unexpected(file.error());
}

Result<void> EpochFile::destroy(KeyId epoch) {
  auto const file = open();
  return file ? (*file)->destroy(epoch) : std::unexpected(file.error());
}

Result<std::map<KeyId, std::shared_ptr<HeldKey const>>> EpochFile::read() {
  auto const file = open();
  if (!file) return std::unexpected(file.error());
  auto const ids = (*file)->all();
  if (!ids) return std::unexpected(ids.error());
  std::map<KeyId, std::shared_ptr<HeldKey const>> out;
  for (auto const id : *ids) {
    auto key = (*file)->find(id);
    if (!key) return std::unexpected(key.error());
    out.emplace(id, std::make_shared<HeldKey>(*key));
    cleanse(*key);
  }
  return out;
}

static std::string_view bytes_of(Key const& key) { return {reinterpret_cast<char const*>(key.data()), key.size()}; }

std::string EpochFile::secret(std::string_view purpose) const {
  return app::hmac_base64(bytes_of(*master_), fmt::format("{}\x01", purpose));
}

// --- keys ---

static std::string place(KeyId id) { return fmt::format("key|{}", id); }

Result<std::unique_ptr<PostgresKeys>> PostgresKeys::open(std::string address, std::filesystem::path const& epochs,
                                                         Key const& master, Clock const& clock) {
  std::unique_ptr<PostgresKeys> out(new PostgresKeys(std::move(address), epochs, master, clock));
  Lock const hold(out->mutex_);
  if (auto made = out->make_epoch(Duration::max()); !made) return std::unexpected(made.error());
  if (auto loaded = out->load_epochs(); !loaded) return std::unexpected(loaded.error());
  if (!out->known_epoch(out->newest()))
    return fail(
        "no_epochs",
        fmt::format("{}: the key of this store's newest epoch ({}) is not in it: it is another cluster's file, or "
                    "an older copy. Name the one that `sotto store migrate` made for this database",
                    epochs.string(), out->newest()));
  return out;
}

Result<std::vector<Rows>> PostgresKeys::run(std::vector<Query> const& queries, int tries_max) {
  for (int tries = 1;; ++tries) {
    auto const connection = link_.get();
    if (!connection) return fail("keys_failed", connection.error().message);
    auto rows = (*connection)->run(queries);
    if (rows) return rows;
    bool const again = tries < tries_max && (*connection)->broken();
    link_.reset();
    if (!again) return fail("keys_failed", rows.error().message);
  }
}

Result<void> PostgresKeys::load_epochs() {
  auto const rows = run({Query{"SELECT id FROM sotto.epochs WHERE NOT closed ORDER BY made DESC, id DESC LIMIT 1"}});
  if (!rows) return std::unexpected(rows.error());
  auto keys = epochs_.read();
  if (!keys) return std::unexpected(keys.error());
  Lock const hold(known_mutex_);
  newest_ = rows->front().size() > 0 ? rows->front().integer(0, 0) : 0;
  epoch_keys_ = std::move(*keys);
  return {};
}

std::shared_ptr<HeldKey const> PostgresKeys::known_epoch(KeyId id) const {
  Lock const hold(known_mutex_);
  auto const found = epoch_keys_.find(id);
  return found == epoch_keys_.end() ? nullptr : found->second;
}

KeyId PostgresKeys::newest() const {
  Lock const hold(known_mutex_);
  return newest_;
}

Result<std::shared_ptr<HeldKey const>> PostgresKeys::epoch(KeyId id) {
  if (auto known = known_epoch(id)) return known;
  if (auto loaded = load_epochs(); !loaded) return std::unexpected(loaded.error());
  if (auto known = known_epoch(id)) return known;
  return fail("keys_failed",
              fmt::format("the key of epoch {} is not in the file of epochs: this is another cluster's file, or the "
                          "database is a copy from before the epoch ended",
                          id));
}

void PostgresKeys::keep(KeyId id, std::shared_ptr<HeldKey const> key) {
  auto const now = clock_.now();
  if (kept_.size() >= 2 * limits::kCallsMax) {
    std::erase_if(kept_, [&](auto const& one) { return now - one.second.at >= kKept; });
    if (kept_.size() >= 2 * limits::kCallsMax) kept_.clear();
  }
  kept_.insert_or_assign(id, Kept{std::move(key), now});
}

Result<void> PostgresKeys::make_group() {
  auto const ids = run({Query{"SELECT nextval('sotto.key_ids') FROM generate_series(1, $1)",
                              Params(static_cast<std::int64_t>(kGroup))}});
  if (!ids) return std::unexpected(ids.error());
  for (int tries = 0; tries < 3; ++tries) {
    auto const under = newest();
    auto const key_of_epoch = epoch(under);
    if (!key_of_epoch) return std::unexpected(key_of_epoch.error());
    std::vector<std::int64_t> numbers;
    std::vector<std::optional<std::string>> sealed;
    std::vector<std::shared_ptr<HeldKey const>> keys;
    for (int i = 0; i < ids->front().size(); ++i) {
      numbers.push_back(ids->front().integer(i, 0));
      keys.push_back(std::make_shared<HeldKey>(random_key()));
      sealed.emplace_back(seal(***key_of_epoch, place(numbers.back()), bytes_of(**keys.back())));
    }
    // None where the epoch was closed meanwhile; who closes it waits for this transaction.
    auto const added = run({begin(), of_tenant("*"),
                            Query{"SELECT id FROM sotto.epochs WHERE id = $1 AND NOT closed FOR SHARE", Params(under)},
                            Query{"INSERT INTO sotto.keys(id, epoch, sealed) SELECT id, $1, sealed FROM "
                                  "unnest($2::bigint[], $3::bytea[]) AS made(id, sealed) WHERE EXISTS (SELECT FROM "
                                  "sotto.epochs WHERE id = $1 AND NOT closed) RETURNING id",
                                  Params(under, numbers, sealed)},
                            commit()});
    if (!added) return std::unexpected(added.error());
    if (added->at(2).size() > 0 && added->at(3).size() == static_cast<int>(kGroup)) {
      for (std::size_t i = 0; i < numbers.size(); ++i) keep(numbers[i], keys[i]);
      ahead_ = std::move(numbers);
      ahead_since_ = clock_.now();
      return {};
    }
    if (auto loaded = load_epochs(); !loaded) return loaded;
  }
  return fail("keys_failed", "no epoch takes new keys");
}

Result<KeyId> PostgresKeys::fresh() {
  Lock const hold(mutex_);
  if (ahead_.empty() || clock_.now() - ahead_since_ > kUnnamed / 2) {
    if (auto made = make_group(); !made) return std::unexpected(made.error());
  }
  auto const id = ahead_.back();
  ahead_.pop_back();
  return id;
}

Result<std::shared_ptr<HeldKey const>> PostgresKeys::opened(KeyId id, KeyId epoch_id, std::string const& sealed) {
  auto const of_epoch = epoch(epoch_id);
  if (!of_epoch) return std::unexpected(of_epoch.error());
  auto bytes = unseal(***of_epoch, place(id), sealed);
  if (!bytes || bytes->size() != sizeof(Key))
    return fail("keys_failed", fmt::format("key {} is not what was sealed in epoch {}", id, epoch_id));
  Key key;
  std::ranges::copy(*bytes, key.begin());
  auto out = std::make_shared<HeldKey>(key);
  cleanse(key);
  cleanse(*bytes);
  return out;
}

Result<Key> PostgresKeys::find(KeyId id) {
  Lock const hold(mutex_);
  if (auto const kept = kept_.find(id); kept != kept_.end() && clock_.now() - kept->second.at < kKept)
    return **kept->second.key;
  kept_.erase(id);
  Error error;
  for (int tries = 0; tries < 2; ++tries) {  // its epoch may end between the two
    auto const rows = run({Query{"SELECT epoch, sealed FROM sotto.keys WHERE id = $1", Params(id)}});
    if (!rows) return std::unexpected(rows.error());
    if (rows->front().size() == 0) return fail("no_such_key", fmt::format("key {} was destroyed", id));
    auto key = opened(id, rows->front().integer(0, 0), rows->front().text(0, 1));
    if (key) {
      keep(id, *key);
      return ***key;
    }
    error = key.error();
  }
  return std::unexpected(error);
}

Result<void> PostgresKeys::destroy(KeyId id) {
  Lock const hold(mutex_);
  kept_.erase(id);
  auto const done = run({Query{"DELETE FROM sotto.keys WHERE id = $1", Params(id)}});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::vector<KeyId>> PostgresKeys::all() {
  Lock const hold(mutex_);
  auto const rows = run({Query{"SELECT id FROM sotto.keys WHERE NOT (id = ANY($1))", Params(ahead_)}});
  if (!rows) return std::unexpected(rows.error());
  std::vector<KeyId> out;
  for (int i = 0; i < rows->front().size(); ++i) out.push_back(rows->front().integer(i, 0));
  return out;
}

std::string PostgresKeys::secret(std::string_view purpose) {
  Lock const hold(mutex_);
  return epochs_.secret(purpose);
}

// --- epochs ---

Result<NumberedKey> PostgresKeys::epoch_key(KeyId id) {
  if (id == 0) id = newest();
  if (auto known = known_epoch(id)) return NumberedKey{.id = id, .key = std::move(known)};
  Lock const hold(mutex_);
  auto const key = epoch(id);
  if (!key) return std::unexpected(key.error());
  return NumberedKey{.id = id, .key = *key};
}

// The key stands in the file before its epoch is told of. Of two who make one at once, the second finds the first's.
Result<void> PostgresKeys::make_epoch(Duration age) {
  auto const due = Query{
      "SELECT NOT EXISTS (SELECT FROM sotto.epochs WHERE NOT closed AND made > clock_timestamp() - "
      "$1 * interval '1 microsecond')",
      Params(std::min<std::int64_t>(age.count(), std::int64_t{1} << 52))};
  auto const asked = run({due});
  if (!asked) return std::unexpected(asked.error());
  if (!asked->front().boolean(0, 0)) return {};
  auto const made = epochs_.make();
  if (!made) return std::unexpected(made.error());
  auto const told =
      run({begin(), of_tenant("*"), Query{"SELECT pg_advisory_xact_lock(hashtext('sotto.epochs'))"},
           Query{"INSERT INTO sotto.epochs(id) SELECT $1 WHERE NOT EXISTS (SELECT FROM sotto.epochs WHERE "
                 "NOT closed AND made > clock_timestamp() - $2 * interval '1 microsecond') RETURNING id",
                 Params(*made, std::min<std::int64_t>(age.count(), std::int64_t{1} << 52))},
           commit()});
  if (!told || told->at(3).size() == 0) static_cast<void>(epochs_.destroy(*made));
  if (!told) return std::unexpected(told.error());
  return {};
}

Result<std::size_t> PostgresKeys::empty_some(KeyId id) {
  for (int tries = 0; tries < 3; ++tries) {
    auto const under = newest();
    auto const after = epoch(under);
    if (!after) return std::unexpected(after.error());
    // Who closes the newest one waits for this transaction, and destroys it only when these keys have left it again.
    auto const rows = run(
        {begin(), of_tenant("*"),
         Query{"SELECT id FROM sotto.epochs WHERE id = $1 AND NOT closed FOR SHARE", Params(under)},
         Query{"SELECT id, sealed FROM sotto.keys WHERE epoch = $1 LIMIT 1000 FOR UPDATE SKIP LOCKED", Params(id)}});
    if (!rows) return std::unexpected(rows.error());
    if (rows->at(2).size() > 0) return move_keys(rows->at(3), id, under, **after);
    link_.reset();  // it was closed meanwhile
    if (auto loaded = load_epochs(); !loaded) return std::unexpected(loaded.error());
  }
  return fail("keys_failed", "no epoch takes keys");
}

Result<std::size_t> PostgresKeys::move_keys(Rows const& found, KeyId from, KeyId to, HeldKey const& key_of_epoch) {
  std::vector<std::int64_t> ids;
  std::vector<std::optional<std::string>> sealed;
  for (int i = 0; i < found.size(); ++i) {
    auto const key = opened(found.integer(i, 0), from, found.text(i, 1));
    if (!key) {
      link_.reset();
      return std::unexpected(key.error());
    }
    ids.push_back(found.integer(i, 0));
    sealed.emplace_back(seal(*key_of_epoch, place(ids.back()), bytes_of(***key)));
  }
  auto const done = run({Query{"UPDATE sotto.keys AS k SET epoch = $1, sealed = n.sealed FROM unnest($2::bigint[], "
                               "$3::bytea[]) AS n(id, sealed) WHERE k.id = n.id",
                               Params(to, ids, sealed)},
                         commit()},
                        1);
  if (!done) return std::unexpected(done.error());
  return ids.size();
}

Result<void> PostgresKeys::end_epoch(KeyId id) {
  {
    Lock const hold(mutex_);
    auto const closed = run({Query{"UPDATE sotto.epochs SET closed = true WHERE id = $1 AND NOT closed", Params(id)}});
    if (!closed) return std::unexpected(closed.error());
  }
  for (std::size_t moved = 1; moved > 0;) {  // others are let in between
    Lock const hold(mutex_);
    auto const some = empty_some(id);
    if (!some) return std::unexpected(some.error());
    moved = *some;
  }
  Lock const hold(mutex_);
  auto const left = run({Query{"SELECT EXISTS (SELECT FROM sotto.keys WHERE epoch = $1)", Params(id)}});
  if (!left) return std::unexpected(left.error());
  if (left->front().boolean(0, 0)) return {};  // another process has some under way
  if (auto gone = epochs_.destroy(id); !gone) return gone;
  {
    Lock const known(known_mutex_);
    epoch_keys_.erase(id);
  }
  auto const forgotten = run({Query{"DELETE FROM sotto.epochs WHERE id = $1", Params(id)}});
  if (!forgotten) return std::unexpected(forgotten.error());
  return {};
}

Result<void> PostgresKeys::upkeep(Duration age) {
  std::vector<KeyId> ended;
  {
    Lock const hold(mutex_);
    auto const now = clock_.now();
    std::erase_if(kept_, [&](auto const& one) { return now - one.second.at >= kKept; });
    if (auto made = make_epoch(age); !made) return made;
    if (auto loaded = load_epochs(); !loaded) return loaded;
    auto const before = run({begin(), of_tenant("*"),
                             Query{"SELECT id FROM sotto.epochs WHERE made < (SELECT made FROM sotto.epochs WHERE id = "
                                   "$1)",
                                   Params(newest())},
                             Query{"DELETE FROM sotto.keys WHERE made < clock_timestamp() - $1 * interval '1 "
                                   "microsecond' AND NOT EXISTS (SELECT FROM sotto.calls WHERE key = keys.id)",
                                   Params(std::int64_t{kUnnamed.count()})},
                             commit()});
    if (!before) return std::unexpected(before.error());
    auto const& older = before->at(2);
    for (int i = 0; i < older.size(); ++i) ended.push_back(older.integer(i, 0));
  }
  for (auto const id : ended) {
    if (auto done = end_epoch(id); !done) return done;
    spdlog::info("the keys of calls are sealed anew: epoch {} is over", id);
  }
  return {};
}

}  // namespace sotto::postgres
