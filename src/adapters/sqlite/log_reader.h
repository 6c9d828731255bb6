// What the log reads, over a reading connection; each function is one look at one committed state, and each can answer
// no_such_key (Seals).
#pragma once

#include <string>
#include <vector>

#include "adapters/sqlite/stored_rows.h"
#include "adapters/sealed_call/log_looks.h"
#include "adapters/sqlite/database.h"
#include "call/settled.h"
#include "ports/call_index.h"
#include "ports/call_log.h"

namespace sotto::sqlite {

// The port's read(). Errors: no_such_call, damaged, store_failed.
Result<std::vector<Event>> read_from(Database& database, Seals& seals, std::string const& call, std::int64_t after,
                                     std::size_t most);

// Until `most` were found that can be read, the oldest calls first.
Result<std::vector<OpenPart>> open_parts(Database& database, Seals& seals, Part part, Time now, std::size_t most);

// Events that are not settled.
Result<Followed> follow_from(Database& database, Seals& seals, Unsettled const& what, Settled const& settled);
// What is settled for a consumer; nothing where it is not known.
Result<Settled> settled_of(Database& database, std::string const& consumer);
Result<std::vector<std::string>> list_consumers(Database& database);

Result<std::vector<CallSummary>> list_calls(Database& database, Seals& seals, CallFilter const& filter);
Result<CallRecord> load_call(Database& database, Seals& seals, std::string const& call);
Result<KnownCall> find_call(Database& database, std::string const& call);
Result<StoredBytes> stored_bytes(Database& database);
// When the newest event was, as far as the newest calls tell; the epoch where there is none.
Result<Time> newest_event(Database& database);

}  // namespace sotto::sqlite
