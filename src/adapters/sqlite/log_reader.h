// What the log reads, over a reading connection; each function is one look at one committed state, and each can answer
// no_such_key (Seals).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "adapters/sqlite/call_seal.h"
#include "adapters/sqlite/database.h"
#include "ports/call_index.h"
#include "ports/call_log.h"
#include "ports/webhook_queue.h"

namespace sotto::sqlite {

// The port's read(). Errors: no_such_call, damaged, store_failed.
Result<std::vector<Event>> read_from(Database& database, Seals& seals, std::string const& call, std::int64_t after,
                                     std::size_t most);

// A part without an owner.
struct OpenPart {
  std::string call;
  std::string damaged;  // why its call is to be set aside; empty: it can be read
};
// Until `most` were found that can be read, the oldest calls first.
Result<std::vector<OpenPart>> open_parts(Database& database, Seals& seals, Part part, Time now, std::size_t most);

// Events behind `after`; those that are damaged are left out and told in `damaged`.
struct Followed {
  std::vector<Sequenced> events;
  std::map<std::string, std::string> damaged;  // call -> why
};
Result<Followed> follow_from(Database& database, Seals& seals, std::int64_t after, std::size_t most);
// Where a consumer stands; 0: before the first event.
Result<std::int64_t> place_of(Database& database, std::string const& consumer);

Result<std::vector<CallSummary>> list_calls(Database& database, Seals& seals, CallFilter const& filter);
Result<CallRecord> load_call(Database& database, Seals& seals, std::string const& call);
Result<CallState> find_call(Database& database, std::string const& call);
// When the newest event was, as far as the newest calls tell; the epoch where there is none.
Result<Time> newest_event(Database& database);

Result<std::vector<WebhookRequest>> pending_webhooks(Database& database, Seals& seals, std::string const& name,
                                                     std::int64_t after, int limit);
Result<std::map<std::string, std::int64_t>> pending_webhook_counts(Database& database);

}  // namespace sotto::sqlite
