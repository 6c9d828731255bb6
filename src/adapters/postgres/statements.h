// What frames a transaction, and how places in the order of all calls are made.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "adapters/postgres/connection.h"
#include "ports/call_log.h"

namespace sotto::postgres {

// Events of one transaction have places beside each other: its number, then their turn.
inline constexpr std::int64_t kPlaces = 1 << 20;
// Who waits for a row that another process holds, or for a disk, is told that the store takes nothing.
inline constexpr Duration kPatience = std::chrono::seconds(5);

inline Query begin() { return {"BEGIN"}; }
// One state for all statements.
inline Query begin_reading() { return {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}; }
inline Query commit() { return {"COMMIT"}; }
inline Query rollback() { return {"ROLLBACK"}; }
// Behind begin(): whose rows the transaction sees, "*" for those of all tenants; that the server gives up before its
// client does, also a client that is gone; and that rows are found by their keys: a planner that knows little of a
// young table would read all of it.
inline Query of_tenant(std::string_view tenant) {
  return {
      "SELECT set_config('sotto.tenant', $1, true), set_config('statement_timeout', '4s', true), "
      "set_config('idle_in_transaction_session_timeout', '8s', true), set_config('enable_seqscan', 'off', true), "
      "set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), "
      "set_config('jit', 'off', true)",
      Params(tenant)};
}

inline std::int64_t microseconds(Time time) { return time.time_since_epoch().count(); }

// A connection that is made when it is needed, and made anew when it was lost or its server takes no more writes.
class Link {
 public:
  explicit Link(std::string address) : address_(std::move(address)) {}
  // Errors: store_failed.
  Result<Connection*> get();
  // After an error: nothing of the transaction is left; the next get() gives a connection that works.
  void reset();

 private:
  std::string const address_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace sotto::postgres
