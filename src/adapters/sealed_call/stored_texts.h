// The texts of a store's rows, read back with distrust: a disk forgets bits, and earlier versions had bugs. What cannot
// be what this program wrote is error `damaged`, with the call and the event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sealed_call/call_seal.h"
#include "call/call.h"
#include "call/events.h"
#include "call/ledger.h"

namespace sotto {

// `what` of the call cannot be.
std::unexpected<Error> damaged_call(std::string const& call, std::string const& what);

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

// Rows of a track as they were read. `track`: its name.
Result<void> check_ledger(std::string const& call, std::string_view track, std::vector<LedgerRow> const& rows);

}  // namespace sotto
