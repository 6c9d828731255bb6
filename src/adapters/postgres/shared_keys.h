// The keys of calls of a shared store, as its settings name them.
#pragma once

#include <memory>

#include "adapters/key_file/master_key.h"
#include "adapters/postgres/postgres_keys.h"
#include "adapters/postgres/store_settings.h"

namespace sotto::postgres {

// `make`: the file of epochs (and its master key beside it, where the settings name none) may be made; else it must be
// there. Errors: those of check_store(), bad_master_key, wrong_master_key, no_epochs (no such file: says what to do),
// store_failed, keys_failed.
Result<std::unique_ptr<PostgresKeys>> open_shared_keys(StoreSettings const& store, KeySettings const& keys,
                                                       Clock const& clock, bool make);

}  // namespace sotto::postgres
