// What stands in the tables, read back with distrust: a disk forgets bits, and earlier versions had bugs. What cannot
// be what this program wrote is error `damaged`, with the call and the event; anything else the disk says is
// `store_failed`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sqlite/call_seal.h"
#include "adapters/sqlite/database.h"
#include "call/call.h"
#include "call/events.h"
#include "call/ledger.h"

namespace sotto::sqlite {

// CRC-32 of an event's row, stored beside it.
std::int64_t checksum(std::string_view call, std::int64_t number, std::int64_t time_us, std::string_view body);

Result<CallInfo> read_info(std::string const& text, std::string const& call);
// `crc` below 0: written by a version that kept none.
Result<Event> read_event(std::string const& call, std::int64_t number, std::int64_t time_us, std::string const& body,
                         std::int64_t crc);
// Only that it is what was written, whatever that says.
Result<void> check_event(std::string const& call, std::int64_t number, std::int64_t time_us, std::string const& body,
                         std::int64_t crc);

// The same, of what is sealed or, in the clear, has `crc`.
Result<Event> read_event(CallSeal const& seal, std::int64_t number, std::int64_t time_us, std::string stored,
                         std::int64_t crc);
Result<void> check_event(CallSeal const& seal, std::int64_t number, std::int64_t time_us, std::string stored,
                         std::int64_t crc);

// Events above `after`, at most `most` of them, none left out. Whether there is such a call is not asked.
Result<std::vector<Event>> read_events(Database& database, CallSeal const& seal, std::int64_t after, std::size_t most);
// All of them, without making anything of what they say.
Result<void> check_events(Database& database, CallSeal const& seal);
Result<std::map<Track, std::vector<LedgerRow>>> read_ledger(Database& database, std::string const& call,
                                                            std::vector<Track> const& tracks);
// Errors also: no_such_call, erased.
Result<CallInfo> read_call_info(Database& database, CallSeal const& seal, std::string& resume_digest);

}  // namespace sotto::sqlite
