// What the log writes, each function one transaction over a connection. Errors that are not store_failed concern what
// was asked alone; behind each error the transaction is to be rolled back (Link::reset).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/postgres/connection.h"
#include "adapters/sealed_call/call_seal.h"
#include "adapters/sealed_call/redacted_events.h"
#include "ports/call_log.h"

namespace sotto::postgres {

// The batches of many parts in one transaction (append_group.h). What each is answered. `needless`: keys to destroy.
// Errors of the transaction: store_failed; of a batch: fenced, conflict, damaged, keys_failed.
Result<std::vector<Result<std::int64_t>>> append(Connection& connection, WriterSeals& seals,
                                                 std::vector<Append const*> const& batches,
                                                 std::vector<KeyId>& needless);

// Gives the part to `worker`, if it still is without an owner. Nullopt: it is not. Errors: damaged, keys_failed.
Result<std::optional<Claimed>> take(Connection& connection, WriterSeals& seals, std::string const& call, Part part,
                                    std::string const& worker);
Result<std::vector<Lease>> renew(Connection& connection, std::vector<Lease> const& leases);
Result<void> release(Connection& connection, Lease const& lease);
// All that these workers own: others may claim it at once.
Result<void> release_all(Connection& connection, std::vector<std::string> const& workers);
Result<void> settle(Connection& connection, std::string const& consumer, std::int64_t first, std::int64_t last);
// The call is shown as damaged and no part of it is claimed again. Nothing of it is deleted: a person may still read
// what is left. False: that was done before.
Result<bool> set_aside(Connection& connection, std::string const& call, std::string const& why);

// The port's redact(), but for the key before. Errors: no_such_call, no_such_event, bad_event, erased, damaged,
// keys_failed.
Result<Resealed> redact(Connection& connection, WriterSeals& seals, std::string const& call,
                        std::vector<Redaction> const& events, Time now);
// The port's erase(); as above. Key 0: it was erased before.
Result<Resealed> erase(Connection& connection, WriterSeals& seals, std::string const& call);

}  // namespace sotto::postgres
