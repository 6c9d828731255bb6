// What a start does to a store before it is used: everything sealed, nothing in the clear left over, no key without a
// call.
#pragma once

#include "adapters/sqlite/log_writer.h"
#include "ports/call_keys.h"

namespace sotto::sqlite {

// Seals the texts of calls that an earlier version wrote in the clear, and overwrites what they leave behind in the
// file. A kill in the middle loses nothing: the next start goes on. Takes some minutes for a million events. Errors:
// keys_failed, store_failed.
Result<void> seal_clear_calls(LogWriter& writer, CallKeys& keys);

// Teams and agents of calls of a version that had them in the sealed info alone; what is damaged is left out. Errors:
// keys_failed, store_failed.
Result<void> name_scopes(Database& database, CallKeys& keys);
// Destroys the keys that no call names: of what was redacted, erased or never stored when a process ended. Errors:
// keys_failed, store_failed.
Result<void> destroy_unnamed_keys(Database& database, CallKeys& keys);

}  // namespace sotto::sqlite
