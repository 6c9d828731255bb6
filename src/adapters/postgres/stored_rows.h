// What stands in the tables, read back with distrust (adapters/sealed_call/stored_texts.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "adapters/postgres/connection.h"
#include "adapters/sealed_call/stored_texts.h"

namespace sotto::postgres {

// A call's row. Errors of open_info(): damaged.
struct CallRow {
  std::string tenant, team, agent, info, resume_digest, damaged;
  KeyId key = 0;
  std::int64_t last_number = 0;
  bool live = false, erased = false;
};
Query call_row(std::string_view call, std::string_view lock = "");
// Errors: no_such_call, erased, damaged: it was set aside.
Result<CallRow> read_call_row(Rows const& rows, std::string const& call);
Result<CallInfo> open_info(CallRow const& row, CallSeal const& seal);

// Events of a call above a number, at most so many; `number`, `time_us`, `body`, `type`, `sequence`.
Query event_rows(std::string_view call, std::int64_t after, std::int64_t most);
Result<std::vector<Event>> read_events(Rows const& rows, CallSeal const& seal, std::int64_t after);
// All of them, without making anything of what they say.
Result<void> check_events(Rows const& rows, CallSeal const& seal);

Query ledger_rows(std::string_view call);
Result<std::map<Track, std::vector<LedgerRow>>> read_ledger(Rows const& rows, std::string const& call,
                                                            std::vector<Track> const& tracks);

}  // namespace sotto::postgres
