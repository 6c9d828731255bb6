// What the log reads; each function is one look at one committed state, and each can answer no_such_key (Seals). Errors
// also: store_failed.
#pragma once

#include <string>
#include <vector>

#include "adapters/postgres/connection.h"
#include "adapters/sealed_call/call_seal.h"
#include "adapters/sealed_call/log_looks.h"
#include "call/settled.h"
#include "ports/call_index.h"
#include "ports/call_log.h"

namespace sotto::postgres {

// The port's read(). Errors: no_such_call, erased, damaged.
Result<std::vector<Event>> read_from(Connection& connection, Seals& seals, std::string const& call, std::int64_t after,
                                     std::size_t most);

// Until `most` were found that can be read, the oldest calls first.
Result<std::vector<OpenPart>> open_parts(Connection& connection, Seals& seals, Part part, std::size_t most);

// Events that are not settled.
Result<Followed> follow_from(Connection& connection, Seals& seals, Unsettled const& what, Settled const& settled);
// What is settled for a consumer; nothing where it is not known.
Result<Settled> settled_of(Connection& connection, std::string const& consumer);
Result<std::vector<std::string>> list_consumers(Connection& connection);

Result<std::vector<CallSummary>> list_calls(Connection& connection, Seals& seals, CallFilter const& filter);
Result<CallRecord> load_call(Connection& connection, Seals& seals, std::string const& call);
Result<KnownCall> find_call(Connection& connection, std::string const& call);
Result<StoredBytes> stored_bytes(Connection& connection);
// When the newest event was, as far as the newest calls tell; the epoch where there is none.
Result<Time> newest_event(Connection& connection);

}  // namespace sotto::postgres
