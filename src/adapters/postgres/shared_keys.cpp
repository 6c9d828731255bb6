#include "adapters/postgres/shared_keys.h"

#include <fmt/format.h>

#include "adapters/postgres/store.h"

namespace sotto::postgres {

Result<std::unique_ptr<PostgresKeys>> open_shared_keys(StoreSettings const& store, KeySettings const& keys,
                                                       Clock const& clock, bool make) {
  namespace fs = std::filesystem;
  if (!make) {
    auto const connection = Connection::open(store.postgresql, kPatience);
    if (!connection) return std::unexpected(connection.error());
    if (auto checked = check_store(**connection, store.cluster); !checked) return std::unexpected(checked.error());
  }
  std::error_code failed;
  bool const stands = fs::exists(store.epochs, failed);
  if (!stands && !make)
    return fail("no_epochs",
                fmt::format("{}: the file of epochs is not there: `sotto store migrate` makes it, and every "
                            "process of the cluster must reach it",
                            store.epochs.string()));
  // The first epoch is made with the file: one without any was cut off, and to go on would be to make it anew.
  if (!make && fs::file_size(store.epochs, failed) <= KeyFile::kEmptyBytes && !failed)
    return fail("no_epochs", fmt::format("{}: there is no key of an epoch in it: it was cut off, or is another file. "
                                         "Nothing was changed: put back a copy of it, or name the right one",
                                         store.epochs.string()));
  if (make) fs::create_directories(store.epochs.parent_path(), failed);
  KeyFiles files(store.epochs.parent_path());
  files.keys = store.epochs;
  HeldKey master;
  if (auto const found = find_master_key(files, stands, keys, *master); !found) return std::unexpected(found.error());
  return PostgresKeys::open(store.postgresql, store.epochs, *master, clock);
}

}  // namespace sotto::postgres
