// What stands in the tables, read back with distrust (adapters/sealed_call/stored_texts.h). What the disk itself says
// is error `store_failed`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "adapters/sealed_call/stored_texts.h"
#include "adapters/sqlite/database.h"

namespace sotto::sqlite {

// The seals of the calls that one look at the store meets, each by its key there.
class Seals : public sotto::Seals {
 public:
  Seals(Database& database, CallKeys& keys, bool last_try);
  using sotto::Seals::of;
  // Errors also: no_such_call, store_failed.
  Result<CallSeal const*> of(std::string const& call);

 private:
  Statement key_;
};

// Events above `after`, at most `most` of them, none left out. Whether there is such a call is not asked.
Result<std::vector<Event>> read_events(Database& database, CallSeal const& seal, std::int64_t after, std::size_t most);
// All of them, without making anything of what they say.
Result<void> check_events(Database& database, CallSeal const& seal);
Result<std::map<Track, std::vector<LedgerRow>>> read_ledger(Database& database, std::string const& call,
                                                            std::vector<Track> const& tracks);
// Errors also: no_such_call, erased.
Result<CallInfo> read_call_info(Database& database, CallSeal const& seal, std::string& resume_digest);

}  // namespace sotto::sqlite
