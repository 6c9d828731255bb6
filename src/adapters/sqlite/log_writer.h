// What the log writes, statement by statement: one connection, inside whatever transaction and savepoint its caller has
// opened (write_thread.h). An error that is `refused()` concerns its batch alone; after any other one the connection is
// in an unclear state and is to be made anew.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sealed_call/append_rules.h"
#include "adapters/sealed_call/call_seal.h"
#include "adapters/sealed_call/redacted_events.h"
#include "adapters/sqlite/database.h"
#include "call/call_totals.h"
#include "ports/call_log.h"

namespace sotto::sqlite {

// Is it what a batch asked for that cannot be, while the store works?
bool refused(Error const& error);

class LogWriter {
 public:
  LogWriter(std::unique_ptr<Database> database, CallKeys& keys);

  // The port's append(). Errors: fenced, conflict, keys_failed, store_failed.
  Result<std::int64_t> append(Append const& batch, Time now);
  // Gives the part to `worker`, if it still is without an owner. Nullopt: it is not. Errors: damaged, store_failed.
  Result<std::optional<Claimed>> take(std::string const& call, Part part, std::string const& worker, Time now);
  Result<std::vector<Lease>> renew(std::vector<Lease> const& leases, Time now);
  Result<void> release(Lease const& lease);
  Result<void> settle(std::string const& consumer, std::int64_t first, std::int64_t last);
  // The call is shown as damaged and no part of it is claimed again. Nothing of it is deleted: a person may still read
  // what is left. False: that was done before.
  Result<bool> set_aside(std::string const& call, std::string const& why);
  // The port's redact(), but for the key before. Errors: no_such_call, no_such_event, bad_event (another kind of
  // event), erased, damaged, keys_failed, store_failed.
  Result<Resealed> redact(std::string const& call, std::vector<Redaction> const& events, Time now);
  // The port's erase(); as above. Key 0: it was erased before.
  Result<Resealed> erase(std::string const& call);
  // No process that held a lease is left; calls of versions that had no parts get theirs.
  Result<void> begin();

  Database& database() { return *database_; }

 private:
  struct CallRow {
    std::string tenant;
    CallTotals totals;
    KeyId key = 0;
  };
  Result<void> hand_over(std::string const& call, AgentChanged const& changed, CallSeal const& seal);
  Result<void> open_call(Append const& batch, Time now);
  Result<PartState> find_part(Lease const& lease);
  Result<CallRow> find_call(std::string const& call);
  Result<std::int64_t> last_number(std::string const& call);
  Result<std::int64_t> next_sequence();
  // The batch itself, once it is known to be the next of its part.
  Result<std::int64_t> apply(Append const& batch, PartState const& part);
  Result<void> apply_track(std::string const& call, TrackUpdate const& update);
  Result<void> apply_event(Event const& event, CallSeal const& seal);
  Result<void> move_part(Append const& batch, PartState const& part, std::int64_t first, std::int64_t last,
                         CallSeal const& seal);
  Result<void> seal_anew(CallSeal const& before, CallSeal const& after, RedactedEvents const& redacted);
  Result<Claimed> claimed(Lease lease);

  std::unique_ptr<Database> database_;
  WriterSeals seals_;
  std::int64_t last_sequence_ = -1;  // given by this connection; -1: none yet
  Statement insert_call_, known_call_, insert_part_, insert_track_, find_part_, find_call_, last_number_, move_decided_,
      insert_row_, insert_event_, update_totals_, hand_over_, move_part_, take_part_, renew_part_, release_part_,
      count_stored_, settle_consumer_;
};

}  // namespace sotto::sqlite
