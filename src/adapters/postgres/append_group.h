// Batches that become one transaction (group commit). What the store has of their calls is locked and read in one round
// trip, the batches are applied to that in memory, in the order given, and what has changed is written in a second one,
// each table in one statement. Every writer locks the rows of calls first, in the order of their ids: who holds a
// call's row mints its numbers, and its fences stand still. No connection in here: what is to be asked, what was
// answered, what is to be written.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "adapters/postgres/connection.h"
#include "adapters/sealed_call/append_rules.h"
#include "adapters/sealed_call/call_seal.h"
#include "call/call_totals.h"
#include "ports/call_log.h"

namespace sotto::postgres {

// What rows will hold, a vector a column: each goes out as one array.
struct EventColumns {
  std::vector<std::string> calls, tenants, types;
  std::vector<std::int64_t> numbers, times, sequences;
  std::vector<std::optional<std::string>> bodies;

  // `place`: of the transaction's first event.
  void add(Event const& event, CallSeal const& seal, std::int64_t place);
  Query insert() const;
};

class AppendGroup {
 public:
  // The batches outlive the group.
  explicit AppendGroup(std::vector<Append const*> batches) : batches_(std::move(batches)) {}

  // The keys of calls that batches open; keys_failed is the answer to such a batch.
  void make_keys(WriterSeals& seals);
  // Behind begin() and of_tenant("*").
  std::vector<Query> to_read() const;
  void read(std::span<Rows const> answers);
  // What each batch is answered, if the transaction commits. Errors: fenced, conflict, damaged, keys_failed.
  std::vector<Result<std::int64_t>> apply(WriterSeals& seals);
  // Before commit(); empty: nothing has changed.
  std::vector<Query> to_write(Duration lease) const;
  // Keys that were made for calls that were there already.
  std::vector<KeyId> const& needless_keys() const { return needless_; }

 private:
  struct Opened {
    KeyId key = 0;
    std::string info;  // sealed
  };
  using RowPlace = std::tuple<std::string, std::int64_t, std::int64_t>;  // call, track, first sample
  struct State {                                                         // of a call
    std::string tenant, digest;
    CallTotals totals;
    KeyId key = 0;
    std::int64_t last_number = 0;
    std::string info;  // sealed; where a batch hands the call over
    std::optional<CallInfo> handed_over;
    std::array<PartState, 2> parts;
    std::array<std::optional<std::string>, 2> snapshots;  // sealed, new
    std::map<std::int64_t, std::int64_t> decided;         // by track
    std::vector<std::pair<Track, LedgerRow>> rows;        // new
    std::vector<Event> events;                            // new
    bool fresh = false;                                   // opened by this transaction
  };

  void read_calls(Rows const& calls);
  // Errors also: what the rules say before anything of it is applied.
  Result<std::int64_t> answer(Append const& batch, WriterSeals& seals);
  Result<std::int64_t> apply(Append const& batch, CallSeal const& seal, State& state);
  Result<void> apply_track(std::string const& call, TrackUpdate const& update, State& state);
  Result<void> hand_over(AgentChanged const& changed, CallSeal const& seal, State& state);

  std::vector<Append const*> batches_;
  std::map<std::string, Result<Opened>> opened_;
  std::map<std::string, State> before_, states_;
  std::set<RowPlace> taken_rows_;
  std::map<std::string, CallSeal> seals_;  // of calls with new events
  std::int64_t place_ = 0;                 // of the transaction's first event
  std::vector<KeyId> needless_;
};

}  // namespace sotto::postgres
